import assert from "node:assert/strict";
import { fileLines, readLcov, share } from "./lcov.ts";

Deno.test("readLcov() counts lines that ran and names those that did not", () => {
  const files = readLcov(
    "SF:/p/room/a.ts\nFN:1,f\nDA:1,3\nDA:2,0\nDA:4,1\nLH:2\nend_of_record\n" +
      "SF:/p/room/a_test.ts\nDA:1,0\nend_of_record\n" +
      "SF:/p/room/testing.ts\nDA:1,0\nend_of_record\nSF:/p/other/b.ts\nDA:1,0\nend_of_record\n",
  );
  assert.deepEqual(files.get("/p/room/a.ts"), { found: 3, hit: 2, missed: [2] });
  const own = fileLines(files, "/p/room/");
  assert.deepEqual(own.map(([name]) => name), ["a.ts"]);
  assert.equal(Math.round(share(own[0]![1])), 67);
  assert.equal(share({ hit: 0, found: 0 }), 0);
});
