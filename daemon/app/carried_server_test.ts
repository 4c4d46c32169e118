import assert from "node:assert/strict";
import { join } from "node:path";
import { HttpUpload, type TlsTrust, XmppClient } from "../xmpp/client/mod.ts";
import { App } from "./gate.ts";
import { readInvitation } from "./invitation.ts";
import { isLoopback } from "./network_addresses.ts";

const PASSWORD = "correct horse battery";

/** A folder for a state directory, removed with the test. */
async function withFolder(work: (state: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-carried-" });
  try {
    await work(join(root, "alice"));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Opens the daemon of a state directory for as long as `work` takes. */
async function withApp<T>(state: string, work: (app: App) => Promise<T>): Promise<T> {
  const app = await App.open({ state, callHosts: ["127.0.0.1"] });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

Deno.test("a daemon's carried server takes files and WebSockets, at a port it keeps", () =>
  withFolder(async (state) => {
    const port = await withApp(state, async (alice) => {
      const { account, server } = await alice.carry({ nick: "Alice", reach: "this-machine" });
      const { httpsPort, pin, domain } = server!;
      assert.ok(httpsPort !== undefined && httpsPort > 0);
      await alice.setPassword(PASSWORD);
      const trust: TlsTrust = { kind: "pin", pin };
      const host = "127.0.0.1";
      const client = new XmppClient({
        jid: account!.jid,
        password: PASSWORD,
        trust,
        endpoints: [{ host, port: httpsPort, tls: "websocket", path: "/xmpp-websocket" }],
      });
      try {
        await client.connect();
        const files = new HttpUpload(client, { domain, trust, host });
        const file = crypto.getRandomValues(new Uint8Array(60_000));
        const url = await files.upload({
          name: "a.bin",
          size: file.length,
          bytes: ReadableStream.from([file]),
        });
        assert.ok(url.startsWith(`https://${domain}:${httpsPort}/upload/`), url);
        const came: Uint8Array[] = [];
        await files.download(url, file.length, (part) => void came.push(part));
        const got = new Uint8Array(await new Blob(came as BlobPart[]).arrayBuffer());
        assert.deepEqual(got, file);
      } finally {
        await client.close();
      }
      // It moves with the other listeners.
      const moved = (await alice.setReach("network")).server!;
      assert.equal(moved.httpsPort, httpsPort);
      // Where its owner says that others reach it is in links, first; loopback is not.
      const hosts = async () => readInvitation((await alice.invite()).link).hosts;
      const named = await alice.setReach("network", "chat.example.org");
      assert.equal(named.server!.address, "chat.example.org");
      assert.deepEqual((await hosts())[0], { host: "chat.example.org", port: moved.port });
      assert.ok((await hosts()).every((host) => !isLoopback(host)));
      await assert.rejects(alice.setReach("network", "a b"), { code: "bad-input" });
      await alice.setReach("this-machine");
      assert.deepEqual(await hosts(), [{ host: "127.0.0.1", port: moved.port }]);
      assert.equal(alice.status().server!.address, "chat.example.org");
      await alice.setReach("network", "[2001:db8::1]:443");
      assert.deepEqual((await hosts())[0], { host: "2001:db8::1", port: 443 });
      assert.equal("address" in (await alice.setReach("this-machine", "")).server!, false);
      return httpsPort;
    });
    await withApp(state, (alice) => {
      assert.equal(alice.status().server!.httpsPort, port);
      return Promise.resolve();
    });
    // A port that is taken meanwhile is not insisted on; the one in its place is kept.
    const taken = Deno.listen({ hostname: "127.0.0.1", port });
    const next = await withApp(
      state,
      (alice) => Promise.resolve(alice.status().server!.httpsPort),
    ).finally(() => taken.close());
    assert.notEqual(next, port);
    await withApp(state, (alice) => {
      assert.equal(alice.status().server!.httpsPort, next);
      return Promise.resolve();
    });
  }));
