import assert from "node:assert/strict";
import fc from "fast-check";
import { el, NS } from "../../xmpp/core/mod.ts";
import { readLacks, readOver, readPiece, writeLacks, writeOver, writePiece } from "./messages.ts";
import { readRanges, writeRanges } from "./ranges.ts";

const ID = "00112233445566778899aabbccddeeff";

Deno.test("readRanges() reads what writeRanges() wrote, up to 256 ranges", () => {
  fc.assert(fc.property(fc.uniqueArray(fc.nat(4_095)), (numbers) => {
    const sorted = numbers.toSorted((a, b) => a - b);
    const read = readRanges(writeRanges(sorted), 4_096)!;
    assert.deepEqual(read, sorted.slice(0, read.length));
  }));
  const every = Array.from({ length: 600 }, (_, i) => 2 * i);
  assert.deepEqual(readRanges(writeRanges(every), 4_096), every.slice(0, 256));
});

Deno.test("readRanges() refuses what is malformed, unordered or past the end", () => {
  for (const text of ["x", "1-", "-1", "3-2", "5 5", "5 4", "1-3 3", "1  2", "8", "0-8", "1,2"]) {
    assert.equal(readRanges(text, 8), undefined, text);
  }
  assert.equal(
    readRanges(Array.from({ length: 257 }, (_, i) => 2 * i).join(" "), 4_096),
    undefined,
  );
  assert.deepEqual(readRanges("", 8), []);
});

Deno.test("what is said of a file is read as it was written; what is malformed is not read", () => {
  const data = Uint8Array.of(1, 2, 3);
  for (const [block, ask, within] of [[undefined, 0.053333, 0], [7, undefined, 500]] as const) {
    const piece = { id: ID, stream: "run", seq: 3, block, data, ask, within };
    assert.deepEqual(readPiece(writePiece(piece)[0]!), piece);
  }
  for (const heard of [undefined, { stream: "run", seq: 9 }]) {
    const lacks = { id: ID, heard, list: heard === undefined, ranges: "1-3" };
    assert.deepEqual(readLacks(writeLacks(lacks)[0]!), lacks);
  }
  assert.deepEqual(readOver(writeOver({ id: ID })[0]!), { id: ID });
  assert.ok(writeOver({ id: ID })[1]!.is("no-store", NS.hints));
  const right = { xmlns: NS.simppFiles, id: ID, stream: "run", seq: "3", block: "7" };
  const wrong: Record<string, string>[] = [
    { id: "x" },
    { stream: "a b" },
    { seq: "-1" },
    { seq: "1e9" },
    { block: "x" },
    { ask: "2" },
    { within: "-5" },
  ];
  for (const each of wrong) {
    assert.equal(readPiece(el("filetransfer", { ...right, ...each }, "AAAA")), undefined);
  }
  assert.equal(readPiece(el("filetransfer", right, "AAA")), undefined);
  assert.equal(readPiece(el("filetransfer", right, "A".repeat(200_000))), undefined);
});
