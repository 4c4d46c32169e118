import assert from "node:assert/strict";
import { ed25519 as noble } from "@noble/curves/ed25519.js";
import { concat, fromHex, toHex, utf8 } from "../base/mod.ts";
import { verifyBare } from "./curve25519.ts";
import {
  chachaOpen,
  chachaSealInto,
  ed25519,
  equal,
  framed,
  hkdf,
  isSmallOrder,
  mlkem768,
  OpenError,
  strongestCommon,
  suite,
  SUITE_IDS,
  suiteByCode,
  systemRandom,
  x25519,
} from "./mod.ts";

Deno.test("x25519 agrees with RFC 7748 section 5.2, iterated 1,000 times", () => {
  let k = concat(Uint8Array.of(9), new Uint8Array(31));
  let u = k;
  for (let round = 1; round <= 1000; round++) {
    [k, u] = [x25519.shared(k, u), k];
    const known = {
      1: "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
      1000: "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51",
    }[round];
    if (known !== undefined) assert.equal(toHex(k), known);
  }
});

Deno.test("Ed25519 agrees with RFC 8032 section 7.1, test 1", () => {
  const key =
    ed25519.generate(() =>
      fromHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    ).public;
  assert.equal(toHex(key), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const signature = fromHex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970" +
      "1cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
  assert.equal(verifyBare(key, new Uint8Array(0), signature), true);
});

Deno.test("hkdf() agrees with RFC 5869, test 1", () => {
  const okm = hkdf(
    new Uint8Array(22).fill(0x0b),
    fromHex("000102030405060708090a0b0c"),
    fromHex("f0f1f2f3f4f5f6f7f8f9"),
    42,
  );
  assert.equal(
    toHex(okm),
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  );
});

Deno.test("a signature holds for its label, message and key alone", () => {
  const pair = ed25519.generate(systemRandom);
  const other = ed25519.generate(systemRandom);
  const signature = ed25519.sign(pair.secret, "label", utf8("message"));
  assert.equal(ed25519.verify(pair.public, "label", utf8("message"), signature), true);
  assert.equal(ed25519.verify(pair.public, "labe", utf8("lmessage"), signature), false);
  assert.equal(ed25519.verify(pair.public, "label", utf8("massage"), signature), false);
  assert.equal(ed25519.verify(other.public, "label", utf8("message"), signature), false);
  assert.equal(ed25519.verify(pair.public, "label", utf8("message"), signature.slice(1)), false);
});

Deno.test("ML-KEM-768 agrees both ways; a forged ciphertext gives another secret", async () => {
  const pair = await mlkem768.generate(systemRandom);
  const { shared, ciphertext } = await mlkem768.encapsulate(pair.public);
  assert.deepEqual(await mlkem768.decapsulate(pair.secret, ciphertext), shared);
  ciphertext[0]! ^= 1;
  assert.notDeepEqual(await mlkem768.decapsulate(pair.secret, ciphertext), shared);
  await assert.rejects(mlkem768.decapsulate(pair.secret, ciphertext.slice(1)), OpenError);
  await assert.rejects(mlkem768.encapsulate(pair.public.slice(1)), OpenError);
});

Deno.test("framed() tells the borders between parts", () => {
  assert.notDeepEqual(framed(utf8("ab"), utf8("c")), framed(utf8("a"), utf8("bc")));
});

Deno.test("equal() compares bytes and lengths", () => {
  assert.equal(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true);
  assert.equal(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
  assert.equal(equal(Uint8Array.of(1, 2), Uint8Array.of(1)), false);
});

Deno.test("suites are found by code, and the strongest in common is taken", () => {
  for (const id of SUITE_IDS) assert.equal(suiteByCode(suite(id).code), suite(id));
  assert.equal(suiteByCode(99), undefined);
  assert.equal(strongestCommon(SUITE_IDS, [99, 2, 1])?.id, "simpp-pq");
  assert.equal(strongestCommon(["simpp-modern"], [2, 1])?.id, "simpp-modern");
  assert.equal(strongestCommon(["simpp-pq"], [2]), undefined);
});

Deno.test("Ed25519 keys of small order are refused, whatever they are written as", () => {
  const p = 2n ** 255n - 19n;
  const { Point } = noble;
  // Every y that such a point has: its canonical encodings, and those that are p higher.
  const eighth = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
  const points = Array.from(
    { length: 8 },
    (_, n) => n === 0 ? Point.ZERO : eighth.multiply(BigInt(n)),
  );
  const written = new Set(points.flatMap(({ y }) => y < 19n ? [y, y + p] : [y]));
  assert.equal(written.size, 7);
  for (const y of written) {
    for (const sign of [0, 0x80]) {
      const key = Uint8Array.fromHex(y.toString(16).padStart(64, "0")).reverse();
      key[31]! |= sign;
      assert.equal(isSmallOrder(key), true);
      const trivial = Uint8Array.of(1, ...new Uint8Array(63));
      assert.equal(ed25519.verify(key, "label", utf8("anything"), trivial), false);
    }
  }
  assert.equal(isSmallOrder(ed25519.generate(systemRandom).public), false);
});

Deno.test("ChaCha20-Poly1305 opens what it sealed, and nothing that was changed", () => {
  const [key, nonce] = [systemRandom(32), systemRandom(12)];
  for (const length of [0, 1, 65_536]) {
    const plain = systemRandom(Math.min(length, 65_536));
    const sealed = new Uint8Array(length + 16);
    chachaSealInto(sealed, key, nonce, plain);
    const opened = chachaOpen(key, nonce, sealed);
    assert.deepEqual(opened, plain);
    // What comes out is a copy of nothing, and an ordinary array.
    assert.equal(opened.constructor, Uint8Array);
    for (const at of [0, length, length + 15]) {
      const other = sealed.slice();
      other[at]! ^= 1;
      assert.throws(() => chachaOpen(key, nonce, other), OpenError);
    }
    assert.throws(() => chachaOpen(key, systemRandom(12), sealed), OpenError);
    assert.throws(() => chachaOpen(systemRandom(32), nonce, sealed), OpenError);
  }
  assert.throws(() => chachaOpen(key, nonce, new Uint8Array(15)), OpenError);
});

Deno.test("ChaCha20-Poly1305 encrypts as RFC 8439 section 2.8.2 does", () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
  const nonce = fromHex("070000004041424344454647");
  const plain = utf8(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, " +
      "sunscreen would be it.",
  );
  const sealed = new Uint8Array(plain.length + 16);
  chachaSealInto(sealed, key, nonce, plain);
  assert.equal(toHex(sealed.subarray(0, 16)), "d31a8d34648e60db7b86afbc53ef7ec2");
});
