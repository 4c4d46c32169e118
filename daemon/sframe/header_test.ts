import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, fromHex } from "../base/mod.ts";
import { OpenError } from "../crypto/mod.ts";
import { decodeHeader, encodeHeader, MAX_HEADER } from "./mod.ts";

const u64 = fc.oneof(fc.bigInt(0n, 20n), fc.bigInt(0n, (1n << 64n) - 1n));

Deno.test("decodeHeader() reads back what encodeHeader() wrote, whatever follows", () => {
  fc.assert(fc.property(u64, u64, fc.uint8Array({ maxLength: 20 }), (kid, counter, rest) => {
    const encoded = encodeHeader(kid, counter);
    assert.ok(encoded.length <= MAX_HEADER);
    assert.deepEqual(decodeHeader(concat(encoded, rest)), {
      kid,
      counter,
      length: encoded.length,
    });
  }));
});

Deno.test("decodeHeader() takes one encoding only of what it accepts", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
    try {
      const { kid, counter, length } = decodeHeader(bytes);
      assert.deepEqual(encodeHeader(kid, counter), bytes.slice(0, length));
    } catch (error) {
      assert.ok(error instanceof OpenError);
    }
  }));
});

Deno.test("decodeHeader() refuses what is cut short or longer than needed", () => {
  for (const hex of ["", "80", "99012345", "8007", "0807", "900001", "ff00000000000000000000"]) {
    assert.throws(() => decodeHeader(fromHex(hex)), OpenError, hex);
  }
});

Deno.test("encodeHeader() refuses values outside 64 bits", () => {
  assert.throws(() => encodeHeader(-1n, 0n), RangeError);
  assert.throws(() => encodeHeader(0n, 1n << 64n), RangeError);
});
