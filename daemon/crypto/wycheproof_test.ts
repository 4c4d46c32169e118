import assert from "node:assert/strict";
import { concat, fromHex, toHex } from "../base/mod.ts";
import { aesGcmOpen, aesGcmSeal } from "./aead.ts";
import { verifyBare, x25519 } from "./curve25519.ts";
import { OpenError } from "./errors.ts";
import { hkdf, hmacSha256 } from "./hash.ts";
import { mlkem768 } from "./mlkem768.ts";

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
  type Group = { tests: Case[]; publicKey?: { pk: string } } & Record<string, unknown>;
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
