import assert from "node:assert/strict";
import fc from "fast-check";
import { concat } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import {
  DATA_SUITE_IDS,
  dataSuite,
  dataSuiteByCode,
  dataSuiteCodes,
  DEFAULT_DATA_SUITES,
  negotiate,
} from "./data_suites.ts";

const NONE = new Uint8Array();

for (const id of DATA_SUITE_IDS) {
  Deno.test(`${id} opens what it sealed, and nothing of which a bit was changed`, () => {
    const suite = dataSuite(id);
    const [key, nonce] = [systemRandom(suite.keyLength), systemRandom(suite.nonceLength)];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (content, at) => {
        const aad = Uint8Array.of(1, 2, 3);
        const sealed = suite.seal(key, nonce, content, aad);
        assert.deepEqual([...suite.open(key, nonce, sealed, aad)], [...content]);
        const changed = concat(sealed);
        changed[at % changed.length]! ^= 1 << (at % 8);
        assert.throws(() => suite.open(key, nonce, changed, aad), { code: "open-failed" });
        assert.throws(() => suite.open(key, nonce, sealed, NONE), { code: "open-failed" });
        const other = concat(nonce);
        other[0]! ^= 1;
        assert.throws(() => suite.open(key, other, sealed, aad), { code: "open-failed" });
        const cut = sealed.slice(0, at % sealed.length);
        assert.throws(() => suite.open(key, nonce, cut, aad), { code: "open-failed" });
      }),
      { numRuns: 40 },
    );
  });
}

Deno.test("negotiate() takes the strongest suite that the specification and all policies allow", () => {
  const lists = fc.subarray([...DATA_SUITE_IDS]);
  fc.assert(fc.property(lists, fc.array(lists, { maxLength: 5 }), (allowed, policies) => {
    const chosen = negotiate(allowed, policies.map(dataSuiteCodes))?.id;
    const possible = DATA_SUITE_IDS.filter((id) =>
      allowed.includes(id) && policies.every((policy) => policy.includes(id))
    );
    assert.equal(chosen, possible[0]);
  }));
});

Deno.test("codes that nobody knows are passed over, and Blowfish is allowed by no default", () => {
  assert.equal(negotiate(["aes-256-gcm"], [[9, 1]])?.id, "aes-256-gcm");
  assert.equal(negotiate(["aes-256-gcm"], [[9]]), undefined);
  assert.equal(dataSuiteByCode(9), undefined);
  assert.ok(!DEFAULT_DATA_SUITES.includes("lsim-2003"));
  for (const id of DATA_SUITE_IDS) assert.equal(dataSuiteByCode(dataSuite(id).code)?.id, id);
});
