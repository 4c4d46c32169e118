import assert from "node:assert/strict";
import fc from "fast-check";
import { TokenBucket } from "./token_bucket.ts";

Deno.test("spend() lets a burst pass and asks to wait off what is over", () => {
  const bucket = new TokenBucket(1000, 5000, 0);
  assert.equal(bucket.spend(5000, 0), 0);
  assert.equal(bucket.spend(500, 0), 500);
  assert.equal(bucket.spend(0, 500), 0);
  assert.equal(bucket.spend(1, 500), 1);
});

Deno.test("spend() never lets more than rate * time + burst through", () => {
  fc.assert(fc.property(
    fc.array(fc.record({ amount: fc.nat(3000), pause: fc.nat(50) }), { maxLength: 200 }),
    (steps) => {
      const bucket = new TokenBucket(10_000, 4_000, 0);
      let now = 0, sent = 0;
      for (const { amount, pause } of steps) {
        now += pause;
        sent += amount;
        now += bucket.spend(amount, now);
        assert.ok(sent <= 4_000 + 10 * now + 1e-6, `${sent} in ${now} ms`);
      }
    },
  ));
});

Deno.test("overdrawn() is who owes more than the burst", () => {
  const bucket = new TokenBucket(1000, 5000, 0);
  bucket.spend(10_000, 0);
  assert.equal(bucket.overdrawn(0), false);
  bucket.spend(500, 0);
  assert.equal(bucket.overdrawn(0), true);
  assert.equal(bucket.overdrawn(500), false);
});
