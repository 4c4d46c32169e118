import assert from "node:assert/strict";
import fc from "fast-check";
import { partOf } from "./range.ts";

Deno.test("partOf() reads one range, and refuses several", () => {
  assert.equal(partOf(null, 10), null);
  assert.deepEqual(partOf("bytes=0-", 10), { offset: 0, length: 10 });
  assert.deepEqual(partOf("bytes=2-3", 10), { offset: 2, length: 2 });
  assert.deepEqual(partOf("bytes=8-99", 10), { offset: 8, length: 2 });
  assert.deepEqual(partOf("bytes=-4", 10), { offset: 6, length: 4 });
  assert.deepEqual(partOf("bytes=-40", 10), { offset: 0, length: 10 });
  for (
    const wrong of [
      "bytes=10-",
      "bytes=5-4",
      "bytes=-0",
      "bytes=-",
      "bytes=0-0,2-3",
      `bytes=${"0-,".repeat(1000)}0-`,
      "bytes=1-2;",
      "items=0-1",
      "bytes=99999999999999999999-",
      "bytes=0x1-2",
      "",
    ]
  ) assert.equal(partOf(wrong, 10), "unsatisfiable", wrong.slice(0, 30));
  assert.equal(partOf("bytes=0-", 0), "unsatisfiable");
});

Deno.test("partOf() never leaves the file", () => {
  const digits = fc.oneof(fc.constant(""), fc.nat().map(String));
  fc.assert(fc.property(digits, digits, fc.nat(1000), (first, last, size) => {
    const part = partOf(`bytes=${first}-${last}`, size);
    if (part === null || part === "unsatisfiable") return;
    assert.ok(part.offset >= 0 && part.length > 0 && part.offset + part.length <= size);
  }));
});
