import assert from "node:assert/strict";
import { ClockEstimator } from "./clock.ts";

Deno.test("offsetMs is that of the fastest exchange", () => {
  const clock = new ClockEstimator();
  assert.equal(clock.offsetMs, null);
  assert.equal(clock.rttMs, null);
  // The peer is 1000 ms ahead; the way there takes 40 ms once, the way back always 1.
  assert.equal(clock.add(0, 1_040, 1_045, 46), 41);
  assert.equal(clock.add(100, 1_101, 1_101, 102), 2);
  assert.equal(clock.offsetMs, 1_000);
  assert.equal(clock.rttMs, 41 + (2 - 41) / 8);
  assert.equal(clock.leastRttMs, 2);
});

Deno.test("add() ignores times that cannot be", () => {
  const clock = new ClockEstimator();
  assert.equal(clock.add(0, 1_010, 1_005, 20), null, "answered before it came");
  assert.equal(clock.add(10, 1_000, 1_000, 5), null, "came back before it left");
  assert.equal(clock.add(0, NaN, 1, 2), null);
  assert.equal(clock.rttMs, null);
});

Deno.test("an old fast exchange is forgotten", () => {
  const clock = new ClockEstimator();
  clock.add(0, 500, 500, 0);
  for (let i = 0; i < 40; i++) clock.add(0, 1_001, 1_001, 2);
  assert.equal(clock.offsetMs, 1_000);
});
