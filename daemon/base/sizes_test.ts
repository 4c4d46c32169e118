import assert from "node:assert/strict";
import { sizeText } from "./sizes.ts";

Deno.test("sizeText() names bytes as people read them", () => {
  const named = [
    0,
    1,
    999,
    1000,
    1_234,
    9_949,
    9_960,
    104_857_600,
    999_499,
    999_500,
    4 * 1024 ** 3,
  ];
  assert.deepEqual(named.map(sizeText), [
    ...["0 bytes", "1 byte", "999 bytes", "1 kB", "1.2 kB", "9.9 kB", "10 kB", "105 MB", "999 kB"],
    ...["1 MB", "4.3 GB"],
  ]);
  assert.equal(sizeText(1e15), "1000 TB");
});
