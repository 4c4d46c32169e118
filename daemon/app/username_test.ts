import assert from "node:assert/strict";
import { usernameOf } from "./username.ts";

Deno.test("usernameOf() keeps what an address can hold", () => {
  assert.equal(usernameOf("Alice"), "alice");
  assert.equal(usernameOf("Zoë Ünal"), "zoe-unal");
  assert.equal(usernameOf("  J. R.  "), "j.-r");
  assert.equal(usernameOf("羅"), "me");
  assert.equal(usernameOf("羅", "guest"), "guest");
  assert.equal(usernameOf("x".repeat(99)).length, 32);
});
