import assert from "node:assert/strict";
import { accountNameOf, usernameOf } from "./username.ts";

Deno.test("usernameOf() keeps what an address can hold", () => {
  assert.equal(usernameOf("Alice", "x"), "alice");
  assert.equal(usernameOf("Zoë Ünal", "x"), "zoe-unal");
  assert.equal(usernameOf("  J. R.  ", "x"), "j.-r");
  assert.equal(usernameOf("羅", "guest"), "guest");
  assert.equal(usernameOf("x".repeat(99), "x").length, 32);
});

Deno.test("accountNameOf() makes no address of a name that has no letter for one", () => {
  assert.equal(accountNameOf("Zoë", undefined), "zoe");
  assert.equal(accountNameOf("羅", "Luo"), "luo");
  for (const [nick, chosen] of [["羅", undefined], ["Ann", "…"]] as const) {
    assert.throws(() => accountNameOf(nick, chosen), { code: "bad-username" });
  }
});
