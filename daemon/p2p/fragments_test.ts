import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_BODY } from "./datagram.ts";
import {
  decodeNack,
  encodeNack,
  FRAGMENT_BYTES,
  FRAGMENT_HEADER,
  MAX_FRAGMENTS,
  MAX_FRAME,
  MAX_NACK_FRAMES,
  MAX_NACK_INDICES,
  putFragment,
  readFragment,
} from "./fragments.ts";
import { random } from "./link_for_tests.ts";

function body(sequence: number, index: number, count: number, length: number): Uint8Array {
  const bytes = new Uint8Array(FRAGMENT_HEADER + length);
  putFragment(bytes, 0, { sequence, index, count, payload: random(length) });
  return bytes;
}

Deno.test("readFragment() reads what putFragment() wrote", () => {
  fc.assert(fc.property(
    fc.nat(2 ** 32 - 1),
    fc.integer({ min: 1, max: MAX_FRAGMENTS }),
    fc.nat(),
    fc.integer({ min: 1, max: FRAGMENT_BYTES }),
    (sequence, count, at, tail) => {
      const index = at % count;
      const length = index === count - 1 ? tail : FRAGMENT_BYTES;
      const bytes = body(sequence, index, count, length);
      const read = readFragment(bytes);
      assert.ok(read !== undefined);
      assert.deepEqual({ ...read, payload: 0 }, { sequence, index, count, payload: 0 });
      assert.deepEqual(read.payload, bytes.subarray(FRAGMENT_HEADER));
    },
  ));
});

Deno.test("readFragment() refuses counts, indices and sizes that cannot be", () => {
  assert.ok(MAX_FRAGMENTS * FRAGMENT_BYTES >= MAX_FRAME);
  assert.equal(readFragment(body(0, 0, 0, 10)), undefined, "no fragments");
  assert.equal(readFragment(body(0, 0, 65_535, FRAGMENT_BYTES)), undefined, "giant count");
  assert.equal(readFragment(body(0, 0, MAX_FRAGMENTS + 1, FRAGMENT_BYTES)), undefined);
  assert.equal(readFragment(body(0, 5, 5, 10)), undefined, "index past the count");
  assert.equal(readFragment(body(0, 0, 2, 10)), undefined, "short, and not the last");
  assert.equal(readFragment(body(0, 0, 1, 0)), undefined, "empty");
  assert.equal(readFragment(new Uint8Array(3)), undefined, "cut in its header");
});

Deno.test("decodeNack() reads what encodeNack() wrote", () => {
  const missing = fc.array(
    fc.record({
      sequence: fc.nat(2 ** 32 - 1),
      indices: fc.array(fc.nat(65_535), { maxLength: MAX_NACK_INDICES / MAX_NACK_FRAMES }),
    }, { noNullPrototype: true }),
    { minLength: 1, maxLength: MAX_NACK_FRAMES },
  );
  fc.assert(fc.property(missing, (it) => {
    assert.deepEqual(decodeNack(encodeNack(it)), it);
  }));
});

Deno.test("encodeNack() cuts what is too much, and never turns it into all of a frame", () => {
  const indices = Array.from({ length: 200 }, (_, i) => i);
  const many = [1, 2, 3, 4, 5, 6].map((sequence) => ({ sequence, indices }));
  const bytes = encodeNack(many);
  assert.ok(bytes.length <= MAX_BODY);
  assert.deepEqual(decodeNack(bytes), [
    { sequence: 1, indices },
    { sequence: 2, indices: indices.slice(0, 56) },
  ]);
});

Deno.test("decodeNack() refuses what is malformed or past its bounds", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: MAX_BODY }), (bytes) => {
    const read = decodeNack(bytes);
    if (read === undefined) return;
    assert.ok(read.length <= MAX_NACK_FRAMES);
    assert.ok(read.reduce((sum, it) => sum + it.indices.length, 0) <= MAX_NACK_INDICES);
    assert.deepEqual(encodeNack(read), bytes);
  }));
  assert.equal(decodeNack(new Uint8Array(0)), undefined);
  assert.equal(decodeNack(new Uint8Array(6 * (MAX_NACK_FRAMES + 1))), undefined);
  const flood = new Uint8Array(6 + 2 * 300);
  flood[4] = 300 >> 8;
  flood[5] = 300 & 0xff;
  assert.equal(decodeNack(flood), undefined);
});
