import assert from "node:assert/strict";
import fc from "fast-check";
import { concat } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { carve, frames, KnownRuns, RUN } from "./mod.ts";

Deno.test("KnownRuns finds every run of 16 bytes of a picture, wherever it stands", () => {
  const pictures = [systemRandom(999), new Uint8Array(300), systemRandom(1_200)];
  const known = new KnownRuns(pictures);
  fc.assert(
    fc.property(
      fc.nat(2),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(40),
      (n, part, at) => {
        const picture = pictures[n]!;
        const from = Math.floor(part * (picture.length - RUN));
        const run = picture.subarray(from, from + RUN);
        const hidden = concat(new Uint8Array(at).fill(1), run, Uint8Array.of(2, 3));
        assert.ok(known.find(hidden) >= 0);
      },
    ),
  );
});

Deno.test("KnownRuns does not take 15 bytes, or noise, for a piece of a picture", () => {
  const picture = systemRandom(2_000);
  const known = new KnownRuns([picture]);
  assert.equal(known.find(systemRandom(60_000)), -1);
  for (let from = 0; from < 100; from++) {
    const short = picture.slice(from, from + RUN - 1);
    const around = (at: number) => Uint8Array.of((picture[at] ?? 0) ^ 1);
    assert.equal(known.find(concat(around(from - 1), short, around(from + RUN - 1))), -1);
  }
});

Deno.test("frames() leaves out what is not whole, carve() what is no picture", () => {
  const fragment = (sequence: number, index: number, count: number, body: number[]) =>
    Uint8Array.from([
      ...[0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      ...[0, 0, 0, sequence, 0, index, 0, count, ...body, ...Array(8).fill(9)],
    ]);
  const whole = [fragment(1, 1, 2, [3]), fragment(2, 0, 2, [7]), fragment(1, 0, 2, [1, 2])];
  assert.deepEqual(frames([...whole, new Uint8Array(4)]), [Uint8Array.of(1, 2, 3)]);
  assert.deepEqual(carve(Uint8Array.of(0xff, 0xd8, 0xff, 0xff, 0xd9, 0xff, 0xd8, 0xff)), []);
});
