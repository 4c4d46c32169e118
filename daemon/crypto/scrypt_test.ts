import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { checkCost, passphraseKey } from "./scrypt.ts";

const cost = { logN: 15, r: 8, p: 1 };
const salt = new Uint8Array(16).fill(7);

Deno.test("passphraseKey() is scrypt of the passphrase's NFKC form", async () => {
  const options = { N: 2 ** 15, r: 8, p: 1, maxmem: 1 << 26 };
  const expected = new Uint8Array(scryptSync("Ångström fi", salt, 32, options));
  // A ring put together from two characters, and a ligature.
  assert.deepEqual(await passphraseKey("A\u030angström \ufb01", salt, cost), expected);
});

Deno.test("checkCost() refuses what is too cheap to protect or too dear to compute", () => {
  checkCost(cost);
  checkCost({ logN: 20, r: 8, p: 4 });
  const wrong = [{ logN: 14 }, { logN: 21 }, { r: 1 }, { r: 9 }, { p: 0 }, { p: 5 }, {
    logN: 16.5,
  }];
  for (const part of wrong) assert.throws(() => checkCost({ ...cost, ...part }), RangeError);
});
