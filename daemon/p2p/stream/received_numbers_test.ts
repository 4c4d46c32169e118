import assert from "node:assert/strict";
import fc from "fast-check";
import { ReceivedNumbers } from "./received_numbers.ts";
import { MAX_RANGES } from "./segments.ts";

Deno.test("ReceivedNumbers has the ranges of the numbers that came, in any order", () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 80 }), (numbers) => {
    const received = new ReceivedNumbers();
    for (const number of numbers) received.add(number);
    const out = received.ranges.flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, i) => last - i)
    );
    assert.deepEqual(out, [...new Set(numbers)].sort((a, b) => b - a));
    let before = Infinity;
    for (const { first, last } of received.ranges) {
      assert.ok(last + 1 < before, "ranges that touch");
      before = first;
    }
  }));
});

Deno.test("ReceivedNumbers tells of a gap when it appears, and once", () => {
  const received = new ReceivedNumbers();
  assert.deepEqual([0, 1, 3, 4, 6, 5, 2].map((it) => received.add(it)), [
    false,
    false,
    true,
    false,
    true,
    false,
    false,
  ]);
});

Deno.test("ReceivedNumbers keeps the newest ranges only", () => {
  const received = new ReceivedNumbers();
  for (let number = 0; number < 10 * MAX_RANGES; number += 2) received.add(number);
  assert.equal(received.ranges.length, MAX_RANGES);
  assert.equal(received.ranges[0]!.last, 10 * MAX_RANGES - 2);
});
