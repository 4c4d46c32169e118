import assert from "node:assert/strict";
import fc from "fast-check";
import type { Bytes } from "../base/mod.ts";
import { OpenError, systemRandom } from "../crypto/mod.ts";
import { decodeWraps, encodeWraps, openWrap, type Wrap, Wrapper } from "./wrap.ts";

const group = systemRandom(16);
const key = { node: 3, version: 4, key: systemRandom(32) };
const under = { node: 9, version: 2, key: systemRandom(32) };
const EPOCH = 2 ** 40 + 7;
const wrap = new Wrapper(group, EPOCH, systemRandom).seal(key, under);

Deno.test("openWrap() opens what seal() sealed, and refuses what is changed in any part", () => {
  assert.deepEqual(openWrap(group, EPOCH, wrap, under.key), key.key);
  const refuses = (changed: Wrap, epoch = EPOCH, id: Bytes = group, secret: Bytes = under.key) =>
    assert.throws(() => openWrap(id, epoch, changed, secret), OpenError);
  for (let at = 0; at < wrap.sealed.length; at++) {
    const sealed = wrap.sealed.slice();
    sealed[at]! ^= 1;
    refuses({ ...wrap, sealed });
  }
  for (const field of ["key", "under"] as const) {
    for (const part of ["node", "version"] as const) {
      refuses({ ...wrap, [field]: { ...wrap[field], [part]: wrap[field][part] + 1 } });
    }
  }
  refuses({ ...wrap, key: wrap.under, under: wrap.key });
  refuses(wrap, EPOCH + 1);
  refuses(wrap, 7); // the low half of the epoch alone
  refuses(wrap, EPOCH, systemRandom(16));
  refuses(wrap, EPOCH, group, key.key);
  for (const length of [0, 12, 28, 59]) refuses({ ...wrap, sealed: wrap.sealed.slice(0, length) });
});

Deno.test("WebCrypto opens a wrap by the documented layout alone", async () => {
  const aad = new Uint8Array(63);
  aad.set(new TextEncoder().encode("simppd key graph wrap 1"));
  aad.set(group, 23);
  const view = new DataView(aad.buffer, 39);
  view.setBigUint64(0, BigInt(EPOCH));
  [3, 4, 9, 2].forEach((part, n) => view.setUint32(8 + 4 * n, part));
  const aes = await crypto.subtle.importKey("raw", under.key, "AES-GCM", false, ["decrypt"]);
  const iv = wrap.sealed.subarray(0, 12);
  const opened = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv, additionalData: aad },
    aes,
    wrap.sealed.subarray(12),
  );
  assert.deepEqual(new Uint8Array(opened), key.key);
});

Deno.test("decodeWraps() reads what encodeWraps() wrote and throws RangeError at all else", () => {
  const wraps = Array.from({ length: 3 }, () => wrap);
  const encoded = encodeWraps(wraps);
  assert.deepEqual(decodeWraps(encoded), wraps);
  assert.deepEqual(decodeWraps(encodeWraps([])), []);
  assert.throws(() => decodeWraps(encoded, 2), RangeError);
  for (let length = 0; length < encoded.length; length++) {
    assert.throws(() => decodeWraps(encoded.subarray(0, length)), RangeError);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      let read: Wrap[];
      try {
        read = decodeWraps(bytes);
      } catch (error) {
        assert.ok(error instanceof RangeError);
        return;
      }
      assert.deepEqual(encodeWraps(read), new Uint8Array(bytes));
    }),
  );
});
