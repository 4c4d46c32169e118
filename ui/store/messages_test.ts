/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { fakeMessage } from "../testing/fake_state.ts";
import { merge } from "./messages.ts";

Deno.test("merge() keeps each message once, its later view, oldest first", () => {
  const run = fc.array(fc.record({ id: fc.integer({ min: 0, max: 9 }), at: fc.nat(100) }));
  fc.assert(fc.property(run, run, (old, fresh) => {
    const view = (body: string) => ({ id, at }: { id: number; at: number }) =>
      fakeMessage("a@b", { id: String(id), at, body });
    const later = fresh.map(view("fresh"));
    const merged = merge(old.map(view("old")), later);
    assert.equal(new Set(merged.map(({ id }) => id)).size, merged.length);
    for (const { id } of later) {
      assert.equal(merged.find((message) => message.id === id)!.body, "fresh");
    }
    const times = merged.map(({ at }) => at);
    assert.deepEqual(times, times.toSorted((a, b) => a - b));
  }));
});
