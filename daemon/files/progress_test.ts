import assert from "node:assert/strict";
import { ProgressMeter } from "./progress.ts";
import type { TransferProgress } from "./transfer.ts";

Deno.test("ProgressMeter tells a few times a second, at the end, and the rate of late", () => {
  let now = 0;
  const told: TransferProgress[] = [];
  const meter = new ProgressMeter("a", 10_000, (progress) => void told.push(progress), () => now);
  for (let bytes = 0; bytes <= 5_000; bytes += 10) {
    meter.moved(bytes);
    now += 2;
  }
  assert.equal(told.length, 6);
  assert.equal(told.at(-1)!.rate, 5_000);
  for (now = 10_000; now < 14_000; now += 100) meter.moved(5_000 + (now - 10_000) / 10);
  assert.equal(told.at(-1)!.rate, 100);
  meter.moved(10_000);
  assert.deepEqual([told.at(-1)!.bytes, told.at(-1)!.total], [10_000, 10_000]);
  now += 300;
  meter.moved(20);
  meter.moved(0);
  assert.equal(told.at(-1)!.bytes, 0, "nobody takes it: that is told at once");
  now += 300;
  meter.moved(30);
  assert.ok(told.at(-1)!.rate >= 0);
});
