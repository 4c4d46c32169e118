import assert from "node:assert/strict";
import { el } from "../../xmpp/core/mod.ts";
import { clearElement, isClear } from "./clear_element.ts";

Deno.test("isClear() knows the element by name and namespace", () => {
  assert.equal(String(clearElement()), '<clear-display xmlns="urn:simpp:2:files"/>');
  assert.ok(isClear([el("body", {}, "x"), clearElement()]));
  assert.ok(!isClear([el("clear-display", { xmlns: "urn:x" }), el("body", {}, "clear-display")]));
  assert.ok(!isClear([]));
});
