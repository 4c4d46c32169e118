import assert from "node:assert/strict";
import fc from "fast-check";
import { fromUtf8, utf8 } from "../base/mod.ts";
import { OpenError, suite, systemRandom } from "../crypto/mod.ts";
import {
  MAX_SKIP,
  type Ratchet,
  ratchetOpen,
  ratchetSeal,
  startReceiving,
  startSending,
} from "./ratchet.ts";

const modern = suite("simpp-modern");
const context = utf8("context");

function pair(): { a: Ratchet; b: Ratchet } {
  const secret = systemRandom(32);
  const prekey = modern.dh.generate(systemRandom);
  return {
    a: startSending(modern, secret, prekey.public, systemRandom),
    b: startReceiving(secret, prekey),
  };
}

Deno.test("two ratchets open every message exactly once, whatever is lost, doubled or reordered", () => {
  const step = fc.record({
    from: fc.constantFrom("a" as const, "b" as const),
    deliver: fc.array(fc.nat(300), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const sides = pair();
      const sent: { to: "a" | "b"; text: string; message: Uint8Array }[] = [];
      const opened = new Set<string>();
      for (const { from, deliver } of steps) {
        if (sides[from].sending !== null) {
          const text = `${from}${sent.length}`;
          const { state, message } = ratchetSeal(
            modern,
            sides[from],
            utf8(text),
            context,
            systemRandom,
          );
          sides[from] = state;
          sent.push({ to: from === "a" ? "b" : "a", text, message });
        }
        for (const index of deliver) {
          const packet = sent[index % Math.max(sent.length, 1)];
          if (packet === undefined) continue;
          try {
            const result = ratchetOpen(
              modern,
              sides[packet.to],
              packet.message,
              context,
              systemRandom,
            );
            assert.equal(fromUtf8(result.plaintext), packet.text);
            assert.ok(!opened.has(packet.text), "opened twice");
            opened.add(packet.text);
            sides[packet.to] = result.state;
          } catch (error) {
            assert.ok(error instanceof OpenError, String(error));
            assert.ok(opened.has(packet.text), `${packet.text} was refused the first time`);
          }
        }
      }
      for (const packet of sent.filter(({ text }) => !opened.has(text))) {
        const result = ratchetOpen(modern, sides[packet.to], packet.message, context, systemRandom);
        assert.equal(fromUtf8(result.plaintext), packet.text);
        sides[packet.to] = result.state;
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("ratchetOpen() refuses any flipped bit and leaves the state as it was", () => {
  const { a, b } = pair();
  const { message } = ratchetSeal(modern, a, utf8("hello"), context, systemRandom);
  for (let bit = 0; bit < message.length * 8; bit++) {
    const forged = message.slice();
    forged[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(() => ratchetOpen(modern, b, forged, context, systemRandom), OpenError);
  }
  assert.equal(fromUtf8(ratchetOpen(modern, b, message, context, systemRandom).plaintext), "hello");
});

Deno.test("ratchetOpen() refuses another context and a cut message", () => {
  const { a, b } = pair();
  const { message } = ratchetSeal(modern, a, utf8("hello"), context, systemRandom);
  assert.throws(() => ratchetOpen(modern, b, message, utf8("other"), systemRandom), OpenError);
  for (let length = 0; length < message.length; length++) {
    assert.throws(
      () => ratchetOpen(modern, b, message.subarray(0, length), context, systemRandom),
      OpenError,
    );
  }
});

Deno.test("ratchetOpen() refuses to skip more than MAX_SKIP messages", () => {
  const { a, b } = pair();
  let state = a;
  let last = new Uint8Array();
  for (let n = 0; n <= MAX_SKIP + 1; n++) {
    const sealed = ratchetSeal(modern, state, utf8("x"), context, systemRandom);
    state = sealed.state;
    last = sealed.message;
  }
  assert.throws(() => ratchetOpen(modern, b, last, context, systemRandom), OpenError);
});
