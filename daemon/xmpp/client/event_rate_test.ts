import assert from "node:assert/strict";
import { Jid } from "../core/mod.ts";
import { EventRate } from "./event_rate.ts";

Deno.test("one address's flood of events is cut off, others' are not, and time forgives", () => {
  const rate = new EventRate();
  const eve = Jid.parse("eve@server.test");
  const admitted = Array.from({ length: 1_000 }, () => rate.admits(eve, 0)).filter(Boolean);
  assert.equal(admitted.length, 300);
  assert.ok(rate.admits(Jid.parse("bob@server.test"), 0));
  assert.ok(!rate.admits(eve, 59_999));
  assert.ok(rate.admits(eve, 60_000));
});
