import assert from "node:assert/strict";
import { LOGIN_PROFILE_IDS, loginProfile, systemRandom } from "../../crypto/mod.ts";
import { type Element, serialise } from "./element.ts";
import { loginKeysElement, readLoginKeys } from "./simpp1_keys.ts";
import { LIMITS_BEFORE_AUTH } from "./limits.ts";
import { parseElement } from "./tree.ts";

const keys = LOGIN_PROFILE_IDS.map((profile) => ({
  profile,
  public: loginProfile(profile).serverSigner.generate(systemRandom).public,
}));

/** The element with these texts exchanged, as it comes over the wire. */
function changed(from: string | RegExp, to: string): Element {
  return parseElement(serialise(loginKeysElement(keys)).replace(from, to), LIMITS_BEFORE_AUTH);
}

Deno.test("login keys are read as they were written; unknown profiles are passed over", () => {
  assert.deepEqual(readLoginKeys(changed("", ""), "server"), keys);
  for (const code of ["9", "0x2", " 2", "2.0", "", "-2"]) {
    assert.deepEqual(readLoginKeys(changed('"2"', `"${code}"`), "server"), keys.slice(1), code);
  }
});

Deno.test("malformed, double and too many login keys are refused", () => {
  const refused = { code: "bad-login-keys" };
  const one = '<key profile="2">AAAA</key>';
  for (
    const element of [
      changed('"3"', '"2"'),
      changed(/>[A-Za-z0-9+/=]+</, ">%%%<"),
      changed(/>[A-Za-z0-9+/=]+</, ">AAAA<"),
      changed("</simpp>", `${one.replace('"2"', '"77"').repeat(8)}</simpp>`),
    ]
  ) assert.throws(() => readLoginKeys(element, "server"), refused);
  // A key that anybody can sign for.
  const nobody = Uint8Array.of(1, ...new Uint8Array(31)).toBase64();
  const small = changed(/>[A-Za-z0-9+/=]+</, `>${nobody}<`);
  assert.throws(() => readLoginKeys(small, "server"), refused);
  // The paper's keys of client and server differ in size.
  assert.throws(() => readLoginKeys(changed("", ""), "client"), refused);
});
