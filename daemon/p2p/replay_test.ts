import assert from "node:assert/strict";
import fc from "fast-check";
import { REPLAY_WINDOW, ReplayWindow } from "./replay.ts";

Deno.test("accept() takes each number once, whatever the order", () => {
  const steps = fc.array(
    fc.oneof(
      fc.integer({ min: -40, max: 40 }),
      fc.integer({ min: -REPLAY_WINDOW - 40, max: REPLAY_WINDOW + 40 }),
      fc.integer({ min: 0, max: 2 ** 33 }),
    ),
    { maxLength: 200 },
  );
  fc.assert(fc.property(steps, (moves) => {
    const window = new ReplayWindow();
    const seen = new Set<number>();
    let highest = -1;
    for (const move of moves) {
      const number = Math.max(0, highest + move);
      const fresh = !seen.has(number) && highest - number < REPLAY_WINDOW;
      assert.equal(window.accept(number), fresh, `${number} after ${highest}`);
      seen.add(number);
      highest = Math.max(highest, number);
    }
  }));
});

Deno.test("accept() knows the whole width of the window", () => {
  const window = new ReplayWindow();
  for (let number = 0; number < 3 * REPLAY_WINDOW; number += 2) window.accept(number);
  const highest = 3 * REPLAY_WINDOW - 2;
  assert.equal(window.accept(highest - REPLAY_WINDOW + 1), true);
  assert.equal(window.accept(highest - REPLAY_WINDOW + 2), false);
  assert.equal(window.accept(highest - REPLAY_WINDOW), false);
  assert.equal(window.accept(highest - REPLAY_WINDOW - 1), false);
});
