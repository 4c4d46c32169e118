import assert from "node:assert/strict";
import { join } from "node:path";
import { HttpUpload, type TlsTrust, XmppClient } from "../xmpp/client/mod.ts";
import { whatIsTaken } from "./carried_ports.ts";
import { Carried } from "./carried_server.ts";
import { App } from "./gate.ts";
import { readInvitation } from "./invitation.ts";
import { isLoopback } from "./network_addresses.ts";
import { askServer } from "./server/control_client.ts";

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
      // An invitation made here can be seen again, until it is taken back.
      const made = await alice.invite("for Bob");
      const [open] = await alice.invitations();
      assert.deepEqual(open, { ...made, inviter: account!.jid });
      await alice.revokeInvitation(made.id);
      assert.deepEqual(await alice.invitations(), []);
      await assert.rejects(alice.invite("n".repeat(61)), { code: "bad-input" });
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
    // Where another program has it meanwhile its owner is told, and the next start asks for it again.
    const taken = Deno.listen({ hostname: "127.0.0.1", port });
    await withApp(state, async (alice) => {
      const { server } = alice.status();
      assert.notEqual(server!.httpsPort, port);
      assert.deepEqual(server!.taken, [
        { kind: "httpsPort", port, instead: server!.httpsPort! },
      ]);
      const check = (await alice.doctor()).find(({ check }) => check === "server")!;
      assert.equal(check.ok, false);
      assert.match(check.detail, new RegExp(`Port taken by another program: ${port} `));
    }).finally(() => taken.close());
    await withApp(state, (alice) => {
      assert.equal(alice.status().server!.httpsPort, port);
      assert.equal(alice.status().server!.taken, undefined);
      return Promise.resolve();
    });
  }));

Deno.test("a carried server goes back to the port that people know as soon as it is free", async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-carried-" });
  let settings = await Carried.create("this-machine", ["simpp-modern"]);
  const save = (changed: typeof settings) => void (settings = changed);
  const start = (moved = () => {}) =>
    Carried.start(folder, settings, save, { moved, lookAgain: 20 });
  try {
    let carried = await start();
    const { port, pin, domain } = carried.view;
    assert.deepEqual(carried.hosts, [{ host: "127.0.0.1", port }]);
    await carried.stop();
    let taken = Deno.listen({ hostname: "127.0.0.1", port });
    const back = Promise.withResolvers<void>();
    carried = await start(back.resolve);
    try {
      const instead = carried.view.port;
      assert.deepEqual(carried.view.taken, [{ kind: "port", port, instead }]);
      assert.match(whatIsTaken(carried.view)!, /Who joined by your invitations .* not reach you/);
      // Invitations name both, so that they are good now and later.
      assert.deepEqual(carried.hosts.map(({ port }) => port), [instead, port]);
      // Letting others in elsewhere forgets nothing.
      await carried.setReach("this-machine", "chat.example.org");
      assert.equal(settings.port, port);
      taken.close();
      await back.promise;
      assert.equal(carried.view.port, port);
      assert.equal(carried.view.taken, undefined);
      assert.equal(whatIsTaken(carried.view), undefined);
      await askServer(folder, "addUser", { name: "bob", password: PASSWORD });
      const client = new XmppClient({
        jid: `bob@${domain}`,
        password: PASSWORD,
        trust: { kind: "pin", pin },
        endpoints: [{ host: "127.0.0.1", port, tls: "direct" }],
      });
      await client.connect().finally(() => client.close());
    } finally {
      await carried.stop();
    }
    // Twice in a row it is still the first port that is asked for.
    taken = Deno.listen({ hostname: "127.0.0.1", port });
    await (await start()).stop();
    taken.close();
    carried = await start();
    assert.equal(carried.view.port, port);
    await carried.stop();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
