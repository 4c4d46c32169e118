import assert from "node:assert/strict";
import { deedOf } from "./deed.ts";

Deno.test("deedOf() takes /me and a space at the very beginning alone", () => {
  assert.equal(deedOf("/me waves"), "waves");
  assert.equal(deedOf("/me "), "");
  for (
    const body of ["/me", "/mean it", " /me waves", "say /me waves", "/ME waves", "/me\nwaves"]
  ) {
    assert.equal(deedOf(body), undefined, body);
  }
});
