import assert from "node:assert/strict";
import fc from "fast-check";
import { ReplayWindow } from "./mod.ts";

Deno.test("ReplayWindow answers as a set of all counters would", () => {
  const step = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: -70, max: 40 }) },
    fc.integer({ min: 0, max: 2 ** 30 }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
    const window = new ReplayWindow(64);
    const seen = new Set<number>();
    let highest = -1;
    for (const step of steps) {
      const counter = Math.max(0, highest + step);
      const expected = !seen.has(counter) && highest - counter < 64;
      assert.equal(window.fresh(counter), expected);
      assert.equal(window.commit(counter), expected);
      seen.add(counter);
      highest = Math.max(highest, counter);
      assert.equal(window.highest, highest);
    }
  }));
});

Deno.test("ReplayWindow keeps 8192 counters behind the highest, and no more", () => {
  const window = new ReplayWindow();
  window.commit(10_000);
  assert.ok(window.fresh(10_000 - 8191));
  assert.ok(!window.fresh(10_000 - 8192));
});

Deno.test("ReplayWindow refuses what is not a counter", () => {
  const window = new ReplayWindow();
  for (const counter of [-1, 1.5, NaN, 2 ** 53]) assert.equal(window.commit(counter), false);
  assert.equal(window.commit(Number.MAX_SAFE_INTEGER), true);
  assert.throws(() => new ReplayWindow(100), RangeError);
});
