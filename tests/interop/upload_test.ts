import assert from "node:assert/strict";
import { ExternalServices, HttpUpload } from "../../daemon/xmpp/client/mod.ts";
import { person } from "./people.ts";
import { UPLOAD_SERVERS } from "./upload_servers.ts";

const HOST = "127.0.0.1";

async function* pieces(file: Uint8Array, size = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
}

for (const { name, ignore, start } of UPLOAD_SERVERS) {
  Deno.test(`client and ${name}: a file goes up and comes down`, { ignore }, async () => {
    const peer = await start();
    const trust = { kind: "pin", pin: peer.pin } as const;
    const endpoint = { host: HOST, port: peer.port, tls: "direct" } as const;
    const { client } = person(peer.domain, "romeo", endpoint, trust);
    const upload = new HttpUpload(client, { domain: peer.domain, trust, host: HOST });
    try {
      await client.connect();
      const service = (await upload.find())!;
      assert.equal(service.jid.endsWith(peer.domain), true);
      const file = crypto.getRandomValues(new Uint8Array(60_000));
      const large = new Uint8Array(1_000_000);
      large.set(file);
      const seen: number[] = [];
      const url = await upload.upload({
        name: "Grüße.png",
        size: large.length,
        type: "image/png",
        bytes: pieces(large),
      }, { onProgress: (bytes) => seen.push(bytes) });
      assert.equal(seen.at(-1), large.length);
      assert.equal(seen.length, 20);

      const came: Uint8Array[] = [];
      const { bytes, type } = await upload.download(url, 2_000_000, (part) => void came.push(part));
      assert.deepEqual([bytes, type], [large.length, "image/png"]);
      assert.deepEqual(new Uint8Array(await new Blob(came as BlobPart[]).arrayBuffer()), large);

      await assert.rejects(upload.download(url, 999_999, () => {}), { code: "download-too-large" });
      const gone = url.replace(/[^/]{8}(\/[^/]+)$/, "00000000$1");
      await assert.rejects(upload.download(gone, 100, () => {}), { code: "download-refused" });
      if (service.maxBytes !== undefined) {
        const huge = { name: "a", size: service.maxBytes + 1, bytes: pieces(file) };
        await assert.rejects(upload.upload(huge), { code: "upload-too-large" });
        await assert.rejects(
          upload.slot({ ...service, maxBytes: undefined }, huge),
          { code: "upload-too-large" },
        );
      }

      const stop = new AbortController();
      await assert.rejects(
        upload.upload(
          { name: "b", size: large.length, bytes: pieces(large) },
          { signal: stop.signal, onProgress: () => stop.abort(new Error("changed my mind")) },
        ),
        /changed my mind/,
      );
      await assert.rejects(
        upload.upload({ name: "c", size: large.length, bytes: pieces(file) }),
        { code: "wrong-size" },
      );
      const strange = new HttpUpload(client, {
        domain: peer.domain,
        trust: { kind: "pin", pin: "A".repeat(43) },
        host: HOST,
      });
      await assert.rejects(strange.download(url, 100, () => {}), { code: "untrusted-certificate" });
      const elsewhere = new HttpUpload(client, { domain: "other.test", trust });
      const loopback = url.replace(/^https:\/\/[^:/]+/, `https://${HOST}`);
      await assert.rejects(elsewhere.download(loopback, 100, () => {}), {
        code: "private-address",
      });

      const services = await new ExternalServices(client).list();
      const named = { "the carried server": ["turn.test"], Prosody: [], ejabberd: [HOST] }[name];
      assert.deepEqual(services.map(({ host }) => host), named);
      if (services[0]?.password !== undefined) assert.ok(services[0].expires! > Date.now());
    } finally {
      await client.close();
      await peer.stop();
    }
  });
}
