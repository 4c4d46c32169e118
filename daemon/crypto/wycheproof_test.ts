import assert from "node:assert/strict";
import { concat, fromHex, toHex } from "../base/mod.ts";
import { aesGcmOpen, aesGcmSeal } from "./aead.ts";
import { cbcHmacOpen, cbcHmacSeal } from "./cbc_hmac.ts";
import { verifyBare, x25519 } from "./curve25519.ts";
import { OpenError } from "./errors.ts";
import { framed, hkdf, hmacSha256 } from "./hash.ts";
import { mlkem768 } from "./mlkem768.ts";
import { p224, verifyEcdsaBare } from "./nist_curves.ts";

/** A test of Project Wycheproof, with what its group says. */
interface Case {
  tcId: number;
  result: "valid" | "invalid" | "acceptable";
  flags: string[];
  [field: string]: unknown;
}

const folder = new URL("../../../shared/vectors/", import.meta.url);

/** All cases of a file; nothing, with a message, where the vectors are not beside the project. */
function cases(name: string): Case[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(new URL(`wycheproof_${name}.json`, folder));
  } catch {
    Deno.stderr.writeSync(
      new TextEncoder().encode(`skipped: no Wycheproof ${name} vectors here\n`),
    );
    return [];
  }
  type Group =
    & { tests: Case[]; publicKey?: { pk: string; uncompressed?: string } }
    & Record<string, unknown>;
  return (JSON.parse(text).testGroups as Group[]).flatMap(({ tests, ...group }) =>
    tests.map((test) => ({ ...group, ...test }))
  );
}

const hex = (value: unknown) => fromHex(String(value));

function testAll(name: string, check: (test: Case) => void | Promise<void>): void {
  const all = cases(name);
  Deno.test({
    name: `Wycheproof ${name}: ${all.length} cases`,
    ignore: all.length === 0,
    fn: async () => {
      let checked = 0;
      for (const test of all) {
        try {
          await check(test);
        } catch (error) {
          throw new Error(`case ${test.tcId}`, { cause: error });
        }
        checked++;
      }
      assert.equal(checked, all.length);
    },
  });
}

testAll("aes_gcm", (test) => {
  // The suite has 256-bit keys, 96-bit nonces and full tags only.
  if (test.keySize !== 256 || test.ivSize !== 96 || test.tagSize !== 128) return;
  const sealed = concat(hex(test.ct), hex(test.tag));
  const open = () => aesGcmOpen(hex(test.key), hex(test.iv), sealed, hex(test.aad));
  if (test.result !== "valid") return void assert.throws(open, OpenError);
  assert.equal(toHex(open()), test.msg);
  const again = aesGcmSeal(hex(test.key), hex(test.iv), hex(test.msg), hex(test.aad));
  assert.equal(toHex(again), toHex(sealed));
});

testAll("ed25519", (test) => {
  const { pk } = test.publicKey as { pk: string };
  assert.equal(verifyBare(hex(pk), hex(test.msg), hex(test.sig)), test.result === "valid");
});

testAll("x25519", (test) => {
  const shared = () => x25519.shared(hex(test.private), hex(test.public));
  // A shared secret of zeros comes from a low-order point: refused, though the RFC leaves it open.
  if (/^0+$/.test(String(test.shared))) return void assert.throws(shared, OpenError);
  assert.equal(toHex(shared()), test.shared);
});

testAll("hkdf_sha256", (test) => {
  const derive = () => hkdf(hex(test.ikm), hex(test.salt), hex(test.info), Number(test.size));
  if (test.result !== "valid") return void assert.throws(derive);
  assert.equal(toHex(derive()), test.okm);
});

testAll("hmac_sha256", (test) => {
  const mac = toHex(hmacSha256(hex(test.key), hex(test.msg)));
  const same = mac.startsWith(String(test.tag));
  assert.equal(same, test.result === "valid");
});

testAll("mlkem_768", async (test) => {
  if (test.seed === undefined || test.c === undefined) return;
  const decapsulate = async () => {
    const seed = hex(test.seed);
    const pair = await mlkem768.generate(() => seed);
    if (test.ek !== undefined) assert.equal(toHex(pair.public), test.ek);
    return await mlkem768.decapsulate(pair.secret, hex(test.c));
  };
  if (test.result !== "valid") return void await assert.rejects(decapsulate());
  assert.equal(toHex(await decapsulate()), test.K);
});

testAll("aes_cbc_pkcs5", (test) => {
  // The suite has 128-bit keys; its MAC is put on here, so that only the padding can be wrong.
  if (test.keySize !== 128) return;
  const mac = new Uint8Array(32).fill(7);
  const [key, iv, ct] = [concat(hex(test.key), mac), hex(test.iv), hex(test.ct)];
  const none = new Uint8Array(0);
  const sealed = concat(ct, hmacSha256(mac, framed(none, iv, ct)));
  const open = () => cbcHmacOpen(key, iv, sealed, none);
  if (test.result !== "valid") return void assert.throws(open, OpenError);
  assert.equal(toHex(open()), test.msg);
  assert.equal(toHex(cbcHmacSeal(key, iv, hex(test.msg), none)), toHex(sealed));
});

/** Both integers of a DER signature, each in `size` bytes; null when it is not strict DER. */
function rawSignature(der: Uint8Array, size: number): Uint8Array<ArrayBuffer> | null {
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 127) return null;
  const out = new Uint8Array(2 * size);
  let at = 2;
  for (const end of [size, 2 * size]) {
    const length = der[at + 1] ?? 0;
    const integer = der.subarray(at + 2, at + 2 + length);
    const padded = integer[0] === 0 && (integer[1] ?? 0) < 0x80 && length > 1;
    const whole = der[at] === 2 && length > 0 && integer.length === length;
    if (!whole || padded || integer[0]! >= 0x80) return null;
    const value = integer[0] === 0 ? integer.subarray(1) : integer;
    if (value.length > size) return null;
    out.set(value, end - value.length);
    at += 2 + length;
  }
  return at === der.length ? out : null;
}

/** SEC 1's short form of an uncompressed point. */
function compressed(point: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = (point.length - 1) / 2;
  return concat(Uint8Array.of(2 + (point.at(-1)! & 1)), point.subarray(1, 1 + size));
}

for (const [name, curve, size] of [["192", "p192", 24], ["224", "p224", 28]] as const) {
  testAll(`ecdsa_secp${name}r1_sha256`, (test) => {
    const { uncompressed } = test.publicKey as unknown as { uncompressed: string };
    const signature = rawSignature(hex(test.sig), size);
    // Ours are r ‖ s: what has no such form cannot be offered to us.
    if (signature === null) return assert.notEqual(test.result, "valid");
    const holds = verifyEcdsaBare(curve, compressed(hex(uncompressed)), hex(test.msg), signature);
    assert.equal(holds, test.result === "valid");
  });
}

testAll("ecdh_secp224r1_ecpoint", (test) => {
  const point = hex(test.public);
  const secret = hex(test.private);
  const scalar = concat(new Uint8Array(Math.max(0, 28 - secret.length)), secret).slice(-28);
  const shared = (theirs: Uint8Array) => p224.dh.shared(scalar, theirs);
  // On our wire points are compressed, nothing else is taken.
  if (point.length !== 29) assert.throws(() => shared(point), OpenError);
  if (test.result === "invalid") return;
  const short = point.length === 57 ? compressed(point) : point;
  assert.equal(toHex(shared(short)), test.shared);
});
