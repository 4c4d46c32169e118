import assert from "node:assert/strict";
import fc from "fast-check";
import { textBlocks } from "./text_blocks.ts";

Deno.test("textBlocks() leaves a text as it is, whatever its lines end with", () => {
  assert.deepEqual(textBlocks("one\ntwo\r\nthree\rfour\n\nsix"), ["one\ntwo\nthree\nfour\n\nsix"]);
  assert.deepEqual(textBlocks(""), [""]);
  const words = "a word ".repeat(600);
  for (const part of textBlocks(words).join("\n").split("\n")) {
    assert.match(part, /^(a|word) .*(a|word) $/);
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 5_000 }), (any) => {
      const flat = (text: string) =>
        text.replace(/(\p{M}{8})\p{M}+/gu, "$1").replace(/[\n\r\u2028\u2029]/g, "");
      assert.equal(flat(textBlocks(any).join("")), flat(any));
    }),
    { numRuns: 25 },
  );
});

Deno.test("textBlocks() lets no block, no line and no letter grow beyond what is drawn at once", () => {
  const bidi = "a\u05d0".repeat(130_000);
  const marks = "o" + "\u0301".repeat(130_000);
  const pairs = "\u{1f600}".repeat(65_000);
  for (const text of [bidi, marks, pairs, "\n".repeat(260_000), "x ".repeat(130_000)]) {
    const blocks = textBlocks(text);
    for (const block of blocks) {
      assert.ok(block.length <= 4_050, `${block.length} in one block`);
      assert.ok(block.split("\n").every((line) => line.length <= 2_000));
      assert.ok(block.isWellFormed());
      assert.doesNotMatch(block, /\p{M}{9}/u);
    }
    assert.ok(blocks.length <= 5_201, `${blocks.length} blocks`);
  }
});
