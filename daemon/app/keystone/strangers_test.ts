import assert from "node:assert/strict";
import { Strangers } from "./strangers.ts";

Deno.test("strangers are forgotten when there are too many, the one heard of longest ago first", () => {
  const forgotten: string[] = [];
  const strangers = new Strangers((jid) => jid === "anna", (jid) => forgotten.push(jid), 3);
  for (const jid of ["anna", "bob", "carl", "bob", "dora", "eve", "fred"]) strangers.met(jid);
  // Anna is known: she goes from the list, and stays.
  assert.deepEqual(forgotten, ["carl", "bob"]);
});
