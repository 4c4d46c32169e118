import assert from "node:assert/strict";
import { sha256 } from "../../daemon/crypto/mod.ts";
import { UploadWay } from "../../daemon/files/mod.ts";
import { contentOf, desk, pattern, reaches, source } from "../../daemon/files/testing.ts";
import { HttpUpload, type XmppClient } from "../../daemon/xmpp/client/mod.ts";
import { SimppdError } from "../../daemon/base/mod.ts";
import { person } from "./people.ts";
import { UPLOAD_SERVERS, type UploadServer } from "./upload_servers.ts";

const PEER = "juliet@else.test";

/** A person at a server, and what that one goes up and down by. */
async function at(
  server: UploadServer,
  use: (upload: HttpUpload, client: XmppClient) => Promise<void>,
): Promise<void> {
  const trust = { kind: "pin", pin: server.pin } as const;
  const endpoint = { host: server.host, port: server.port, tls: "direct" } as const;
  const { client } = person(server.domain, "romeo", endpoint, trust);
  try {
    await client.connect();
    await use(new HttpUpload(client, { domain: server.domain, trust, host: server.host }), client);
  } finally {
    await client.close();
    await server.stop();
  }
}

for (const { name, ignore, start } of UPLOAD_SERVERS) {
  Deno.test(
    `a sealed file by ${name}: up, down, cut twenty times and gone on`,
    { ignore },
    async () => {
      await at(await start(), async (upload) => {
        const content = pattern(3_000_000);
        const way = new UploadWay(() => upload);
        // Cuts what comes down at random points, as a network does.
        let cuts = 20;
        const cutting = new UploadWay(() => ({
          find: () => upload.find(),
          upload: (file, options) => upload.upload(file, options),
          download(url, most, sink, options) {
            let left = cuts-- > 0 ? Math.floor(Math.random() * 250_000) : Infinity;
            const cut = async (bytes: Uint8Array) => {
              left -= bytes.length;
              if (left < 0) throw new SimppdError("transfer-failed", "cut");
              await sink(bytes);
            };
            return upload.download(url, most, cut, options);
          },
        }));
        const [alice, bob] = [await desk([way]), await desk([cutting])];
        try {
          const { id } = await alice.transfers.send({
            peer: PEER,
            from: source(content),
            name: "plan.bin",
            suite: "chacha20-poly1305",
          });
          const { descriptor } = await reaches(alice.transfers, id, "done", "failed");
          assert.deepEqual(descriptor.sources.map(({ kind }) => kind), ["upload"]);
          const got = await bob.transfers.receive(descriptor, {
            peer: PEER,
            sender: PEER,
            accept: true,
          });
          const done = await reaches(bob.transfers, got.id, "done", "failed");
          assert.equal(done.problem, null);
          assert.ok(cuts < 0);
          assert.deepEqual(sha256(await contentOf(bob.transfers, got.id)), sha256(content));
        } finally {
          await bob.close();
          await alice.close();
        }
      });
    },
  );
}

Deno.test("a server that refuses, or takes only small files, is told of; nothing is announced", async () => {
  const carried = UPLOAD_SERVERS[0]!;
  const server = await carried.start({ uploadFileBytes: 100_000, uploadBytes: 150_000 });
  await at(server, async (upload) => {
    const alice = await desk([new UploadWay(() => upload)]);
    const send = async (size: number) => {
      const { id } = await alice.transfers.send({
        peer: PEER,
        from: source(pattern(size)),
        name: "a",
        suite: "chacha20-poly1305",
      });
      return (await reaches(alice.transfers, id, "done", "failed")).problem?.code;
    };
    try {
      assert.equal(await send(200_000), "upload-too-large");
      assert.equal(await send(90_000), undefined);
      assert.equal(await send(90_000), "upload-refused");
      assert.equal(alice.announced.length, 1);
    } finally {
      await alice.close();
    }
  });
});
