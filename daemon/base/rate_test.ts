import assert from "node:assert/strict";
import { Rate } from "./rate.ts";

Deno.test("allows() lets each key through so many times in a period, then again", () => {
  const rate = new Rate(2, 1000);
  const times = (key: string, now: number) => [1, 2, 3].filter(() => rate.allows(key, now)).length;
  assert.equal(times("a", 0), 2);
  assert.equal(times("b", 500), 2);
  assert.equal(times("a", 999), 0);
  assert.equal(times("a", 1000), 2);
  assert.equal(times("b", 1499), 0);
  assert.equal(times("b", 1500), 2);
});

Deno.test("allows() forgets what is over, however many keys there were", () => {
  const rate = new Rate(1, 1000);
  for (let n = 0; n < 10_000; n++) {
    assert.ok(rate.allows(`key ${n}`, n * 10));
    assert.ok(rate.size <= 100);
  }
});

Deno.test("wait() says how long until a key is allowed again", () => {
  const rate = new Rate(2, 1000);
  assert.equal(rate.wait("a", 0), 0);
  rate.allows("a", 0);
  assert.equal(rate.wait("a", 100), 0);
  rate.allows("a", 100);
  assert.equal(rate.wait("a", 300), 700);
  assert.equal(rate.wait("a", 1200), 0);
});
