import assert from "node:assert/strict";
import fc from "fast-check";
import { scramClient } from "./scram_client.ts";
import { scramDerive, scramNonce } from "./scram.ts";
import { scramServer } from "./scram_server.ts";
import { type SaslOffer, ssdpHash } from "./ssdp.ts";

const OFFER: SaslOffer = {
  mechanisms: ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"],
  channelBindings: ["tls-server-end-point", "tls-exporter"],
};

Deno.test("ssdpHash() is that of the example in XEP-0474", () => {
  assert.equal(ssdpHash("sha-1", OFFER), "G6k/rBLDqgOhRRaCuuatSDFkJ08=");
});

Deno.test("ssdpHash() does not mind the order, and minds all else", () => {
  const name = fc.stringMatching(/^[A-Z0-9_-]{1,20}$/);
  const names = fc.uniqueArray(name, { maxLength: 6 });
  const offer = fc.record({
    mechanisms: names,
    channelBindings: fc.option(names, { nil: undefined }),
  });
  const sorted = ({ mechanisms, channelBindings }: SaslOffer) =>
    JSON.stringify([mechanisms.toSorted(), channelBindings?.toSorted() ?? null]);
  fc.assert(fc.property(offer, offer, (a, b) => {
    const reversed = {
      mechanisms: a.mechanisms.toReversed(),
      channelBindings: a.channelBindings?.toReversed(),
    };
    assert.equal(ssdpHash("sha-256", reversed), ssdpHash("sha-256", a));
    assert.equal(ssdpHash("sha-256", a) === ssdpHash("sha-256", b), sorted(a) === sorted(b));
  }));
});

Deno.test("a SCRAM server says what it offered, and both sides agree", async () => {
  const salt = new Uint8Array(16);
  const keys = await scramDerive("sha-1", "pencil", salt, 4096);
  const lookup = () => ({ ...keys, salt, iterations: 4096 });
  const server = scramServer("SCRAM-SHA-1", { lookup, offer: OFFER }, scramNonce);
  const client = scramClient("SCRAM-SHA-1", "me", "pencil", scramNonce, { offer: OFFER });
  const first = await server.first(client.first());
  assert.ok(first.endsWith(",h=G6k/rBLDqgOhRRaCuuatSDFkJ08="));
  client.verify(server.final(await client.respond(first)));
});

async function challenge(extension: string) {
  const salt = new Uint8Array(16);
  const keys = await scramDerive("sha-256", "pencil", salt, 4096);
  const lookup = () => ({ ...keys, salt, iterations: 4096 });
  const server = scramServer("SCRAM-SHA-256", { lookup }, scramNonce);
  const client = scramClient("SCRAM-SHA-256", "me", "pencil", scramNonce, { offer: OFFER });
  return { client, server, first: await server.first(client.first()) + extension };
}

Deno.test("a SCRAM client goes on when the server offered what was seen, or does not say", async () => {
  for (const extension of [`,h=${ssdpHash("sha-256", OFFER)}`, ",x=else", ""]) {
    const { client, first } = await challenge(extension);
    assert.match(await client.respond(first), /^c=.*,p=/);
  }
});

Deno.test("a SCRAM client stops when the server offered something else", async () => {
  const fewer = { ...OFFER, mechanisms: ["SCRAM-SHA-1"] };
  const bindings = { ...OFFER, channelBindings: undefined };
  const right = ssdpHash("sha-256", OFFER);
  const wrong = [
    ssdpHash("sha-256", fewer),
    ssdpHash("sha-256", bindings),
    ssdpHash("sha-1", OFFER),
    "",
    `${right},h=`,
  ];
  for (const h of wrong) {
    const { client, first } = await challenge(`,h=${h}`);
    await assert.rejects(client.respond(first), { code: "login-downgraded" }, h);
  }
});

Deno.test("who cuts or adds the hash on the way fails at the server", async () => {
  // The client answers a challenge that is not the server's own, so its proof is for another one.
  const { client, server, first } = await challenge(`,h=${ssdpHash("sha-256", OFFER)}`);
  const final = await client.respond(first);
  assert.throws(() => server.final(final), { code: "not-authorized" });
});
