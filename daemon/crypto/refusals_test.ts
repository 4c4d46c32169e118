import assert from "node:assert/strict";
import {
  ed25519,
  LOGIN_PROFILE_IDS,
  loginProfile,
  loginProfileByCode,
  mlkem768,
  OpenError,
  strongestLogin,
  systemRandom,
  x25519,
} from "./mod.ts";

Deno.test("keys of a wrong length are refused, never stretched or cut", async () => {
  const pair = x25519.generate(systemRandom);
  for (const bad of [new Uint8Array(0), new Uint8Array(31), new Uint8Array(33)]) {
    assert.throws(() => x25519.shared(bad, pair.public), OpenError);
    assert.throws(() => x25519.shared(pair.secret, bad), OpenError);
    assert.throws(() => ed25519.sign(bad, "label", new Uint8Array(1)), OpenError);
    assert.equal(ed25519.verify(bad, "label", new Uint8Array(1), new Uint8Array(64)), false);
    await assert.rejects(mlkem768.decapsulate(bad, new Uint8Array(1088)), OpenError);
  }
});

Deno.test("login profiles are found by code, and the strongest in common is taken", () => {
  for (const id of LOGIN_PROFILE_IDS) {
    assert.equal(loginProfileByCode(loginProfile(id).code), loginProfile(id));
  }
  assert.equal(loginProfileByCode(1), undefined);
  assert.equal(strongestLogin([3, 2], [9, 3, 2]), 2);
  assert.equal(strongestLogin([3], [2]), undefined);
});
