import assert from "node:assert/strict";
import { byteSize } from "./byte_size.ts";

Deno.test("byteSize() takes bytes as they are typed, and says what it does not take", () => {
  const typed = ["0", "5000000", "10MB", "10 mb", "1.5G", "64MiB", "1k"];
  assert.deepEqual(typed.map((word) => byteSize(word, "limit")), [
    ...[0, 5e6, 10e6, 10e6, 1.5e9, 64 * 1024 ** 2, 1000],
  ]);
  for (const word of ["", "many", "-5", "10 apples", "1e9", "0x10", "MB"]) {
    assert.throws(() => byteSize(word, "limit"), /limit takes a size such as 10MB/);
  }
  assert.throws(() => byteSize("99999TB", "limit"), /takes 1000000000000000 bytes at most/);
});
