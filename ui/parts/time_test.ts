/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { dayName, duration, shortTime } from "./time.ts";

Deno.test("duration() names hours only when there are some", () => {
  assert.equal(duration(-5), "0:00");
  assert.equal(duration(9_900), "0:09");
  assert.equal(duration(83_000), "1:23");
  assert.equal(duration(600_000), "10:00");
  assert.equal(duration(3_723_000), "1:02:03");
});

Deno.test("dayName() goes by days of the calendar, not by 24 hours", () => {
  const today = new Date(2026, 10, 22, 0, 30).getTime();
  assert.equal(dayName(new Date(2026, 10, 22, 0, 1).getTime(), today), "Today");
  assert.equal(dayName(new Date(2026, 10, 21, 23, 59).getTime(), today), "Yesterday");
  assert.notEqual(dayName(new Date(2026, 10, 20, 23, 59).getTime(), today), "Yesterday");
});

Deno.test("shortTime() shows the clock only for today", () => {
  const today = new Date(2026, 10, 22, 12, 0).getTime();
  assert.match(shortTime(new Date(2026, 10, 22, 9, 5).getTime(), today), /05/);
  assert.doesNotMatch(shortTime(new Date(2026, 10, 21, 9, 5).getTime(), today), /05/);
});
