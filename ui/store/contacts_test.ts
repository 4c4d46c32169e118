/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { fakeContact } from "../testing/fake_state.ts";
import { contacts, putContact, withNames } from "./contacts.ts";

Deno.test("withNames() says what contacts are called, and leaves others' addresses", () => {
  putContact(fakeContact("bo@x.test", { name: "Bo $&" }));
  putContact(fakeContact("bo@x.test.org", { name: "Other" }));
  putContact(fakeContact("nameless@x.test"));
  try {
    assert.equal(
      withNames("bo@x.test.org, bo@x.test, nameless@x.test and who@x.test are blocked."),
      "Other, Bo $&, nameless@x.test and who@x.test are blocked.",
    );
  } finally {
    contacts.value = new Map();
  }
});
