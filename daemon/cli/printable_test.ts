import assert from "node:assert/strict";
import { printableBody } from "./printable.ts";

Deno.test("printableBody() sets further lines in, and shows what a terminal would obey", () => {
  assert.equal(printableBody("two\nlines"), "two\n    lines");
  assert.equal(printableBody("a\r\n12:00 <bob> hi"), "a\n    12:00 <bob> hi");
  assert.equal(printableBody("\u001b[2J\rx"), "\\u{1b}[2J\\u{d}x");
});
