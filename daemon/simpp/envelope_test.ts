import assert from "node:assert/strict";
import { utf8 } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import { readEnvelope, writeEnvelope } from "./envelope.ts";
import { SimppError } from "./errors.ts";
import { joinPayload, splitPayload } from "./proof.ts";

const FROM = "alice@example.test";
const TO = "bob@example.test";
const time = Date.UTC(2026, 0, 2, 3, 4, 5);
const bad = (error: unknown) => error instanceof SimppError && error.code === "bad-envelope";

function written(text: string) {
  const content = [el("body", { xmlns: "jabber:client" }, text)];
  return writeEnvelope({ from: FROM, to: TO, time, content }, systemRandom);
}

Deno.test("an envelope comes back as it was, in a size that tells little", () => {
  for (const length of [0, 1, 100, 255, 256, 1000]) {
    const bytes = written("x".repeat(length));
    assert.equal(bytes.length % 256, 0);
    const { from, to, time: at, content } = readEnvelope(bytes, { from: FROM, to: TO });
    assert.deepEqual([from, to, at], [FROM, TO, time]);
    assert.equal(content[0]!.getText(), "x".repeat(length));
    assert.equal(readEnvelope(bytes, { from: FROM, to: null }).to, TO);
  }
});

Deno.test("an envelope from or to somebody else than the stanza says is refused", () => {
  const bytes = written("x");
  assert.throws(() => readEnvelope(bytes, { from: TO, to: TO }), bad);
  assert.throws(() => readEnvelope(bytes, { from: FROM, to: FROM }), bad);
});

Deno.test("what is no envelope is refused, whatever is wrong", () => {
  const good = new TextDecoder().decode(written("x"));
  const damaged = [
    "",
    "<envelope",
    good.replace("urn:xmpp:sce:1", "urn:xmpp:sce:9"),
    good.replace(/<content>.*<\/content>/, ""),
    good.replace(/<time [^>]*>/, ""),
    good.replace(/stamp="[^"]*"/, 'stamp="yesterday"'),
    good.replace(/<from [^>]*>/, ""),
    good.replace(/<to [^>]*>/, '<to jid="@"/>'),
    `<!DOCTYPE x>${good}`,
  ];
  for (const text of damaged) {
    assert.notEqual(text, good);
    assert.throws(() => readEnvelope(utf8(text), { from: FROM, to: TO }), bad, text.slice(0, 60));
  }
  assert.throws(() => readEnvelope(Uint8Array.of(0xff, 0xfe), { from: FROM, to: TO }), bad);
});

Deno.test("splitPayload() refuses flags it does not know and a proof that is cut", () => {
  const damaged = (error: unknown) =>
    error instanceof SimppError && ["bad-handshake", "bad-device-list"].includes(error.code);
  assert.deepEqual(splitPayload(joinPayload(null, utf8("x"))), { proof: null, content: utf8("x") });
  for (const payload of [new Uint8Array(0), Uint8Array.of(2), Uint8Array.of(1, 0)]) {
    assert.throws(() => splitPayload(payload), damaged);
  }
});
