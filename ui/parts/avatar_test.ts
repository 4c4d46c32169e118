/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { hueOf, initials } from "./avatar.tsx";

Deno.test("initials() takes letters and digits, whole code points", () => {
  assert.equal(initials("Ben Ortiz"), "BO");
  assert.equal(initials("Faruk (lab)"), "FL");
  assert.equal(initials("anna.maria@example.org"), "AM");
  assert.equal(initials("𝒳eno"), "𝒳");
  assert.equal(initials("\u202E"), "?");
  assert.equal(initials(""), "?");
});

Deno.test("hueOf() is one of eight and always the same", () => {
  for (const jid of ["", "a@b", "é@ü", "😀@x"]) {
    assert(hueOf(jid) >= 0 && hueOf(jid) < 8);
    assert.equal(hueOf(jid), hueOf(jid));
  }
});
