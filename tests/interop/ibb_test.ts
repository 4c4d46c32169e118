import assert from "node:assert/strict";
import { type Bytes, fromBase64, toBase64 } from "../../daemon/base/mod.ts";
import { InBandBytestreams } from "../../daemon/xmpp/client/mod.ts";
import { Jid, StanzaError } from "../../daemon/xmpp/core/mod.ts";
import { Slixmpp } from "../../scripts/peers/slixmpp.ts";
import { absentPeer } from "../real_parts.ts";
import { withHome } from "./carried_home.ts";

const ignore = absentPeer("slixmpp", Slixmpp.installed());

function random(length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + 65_536)));
  }
  return bytes;
}

async function all(stream: AsyncIterable<Bytes>): Promise<Bytes> {
  const blocks = [];
  for await (const block of stream) blocks.push(block);
  return new Uint8Array(await new Blob(blocks).arrayBuffer());
}

Deno.test("in-band streams with slixmpp, both ways, iqs and messages", { ignore }, async (t) => {
  await withHome(["romeo", "juliet"], async (home) => {
    const romeo = await Slixmpp.start(home.account("romeo"));
    try {
      const { jid } = await romeo.request<{ jid: string }>("connect");
      const juliet = await home.ours("juliet");
      const ibb = new InBandBytestreams(juliet.client);
      const his = Jid.parse(jid);
      const bytes = random(100_000);

      for (const messages of [false, true]) {
        await t.step(`slixmpp to us, in ${messages ? "messages" : "iqs"}`, async () => {
          const sid = `his-${messages}`;
          const coming = ibb.expect(his, sid);
          const sent = romeo.request("ibb_send", {
            to: juliet.client.jid.toString(),
            sid,
            body: toBase64(bytes),
            messages,
          });
          const stream = await coming;
          assert.equal(stream.terms.stanza, messages ? "message" : "iq");
          assert.deepEqual(await all(stream), bytes);
          await sent;
        });
      }

      await t.step("a stream nobody expects is refused", async () => {
        const to = juliet.client.jid.toString();
        const unwanted = romeo.request("ibb_send", { to, sid: "unasked", body: "AAAA" });
        await assert.rejects(unwanted, /not-acceptable/);
        await assert.rejects(
          ibb.openTo(his),
          (error) => error instanceof StanzaError && error.condition === "not-acceptable",
        );
      });

      await t.step("we to slixmpp: the block size goes down to what it takes", async () => {
        await romeo.request("ibb_accept");
        for (const stanza of ["iq", "message"] as const) {
          const stream = await ibb.openTo(his, { blockSize: 32_768, stanza });
          assert.equal(stream.terms.blockSize, 8192);
          await stream.write(bytes);
          await stream.close();
          const came = await romeo.until(({ event }) => event === "bytes", "the bytes");
          assert.equal(came.from, juliet.client.jid.toString());
          assert.deepEqual(fromBase64(came.body!), bytes);
        }
        assert.equal(ibb.open, 0);
      });
    } finally {
      await romeo.stop();
    }
  });
});
