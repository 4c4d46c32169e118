import assert from "node:assert/strict";
import fc from "fast-check";
import { utf8 } from "../base/mod.ts";
import { endingOf, freeName, safeName } from "./names.ts";

const TEXT = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.array(fc.constantFrom(..."a.bZ /\\:\u202e\u200d\u0301\0\n~-$ é文😀"), { maxLength: 300 })
    .map((characters) => characters.join("")),
);

Deno.test("safeName() makes a name that is safe, seen, bounded, and stays as it is", () => {
  fc.assert(
    fc.property(TEXT, (name) => {
      const safe = safeName(name);
      assert.ok(safe.length > 0 && utf8(safe).length <= 200, safe);
      assert.ok(!/[\\/<>:"|?*\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(safe), safe);
      assert.ok(!/^[.\s]|[.\s]$/.test(safe), safe);
      assert.ok(!/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(safe), safe);
      assert.equal(safe, safe.normalize("NFC"));
      assert.equal(safeName(safe), safe);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("safeName() leaves no folder, direction mark or device of a name", () => {
  const cases: [string, string][] = [
    ["Ferienfoto (2).jpg", "Ferienfoto (2).jpg"],
    ["../../etc/passwd", "passwd"],
    ["C:\\Windows\\system.ini", "system.ini"],
    ["..", "file"],
    ["", "file"],
    ["a/", "file"],
    [".bashrc", "bashrc"],
    ["photo\u202egpj.exe", "photogpj.exe"],
    ["in\u200bvoice\0.pdf", "invoice.pdf"],
    ["CON", "_CON"],
    ["nul.txt", "_nul.txt"],
    ["console.txt", "console.txt"],
    ["what? <b>.txt", "what_ _b_.txt"],
    ["trailing. . ", "trailing"],
    ["a\u00a0b\u3000c.txt", "a b c.txt"],
    ["u\u200d\u0308.txt", "ü.txt"],
    [`invoice.pdf${"\u2800".repeat(40)}.exe`, "invoice.pdf.exe"],
    ["a\u17b4\u17b5b\ufe0fc\u180bd\u{e0101}e\u{1d159}.txt", "abcde.txt"],
    ["-rf", "_rf"],
    ["~root", "_root"],
    [".-x", "_x"],
    ["CLOCK$", "_CLOCK$"],
  ];
  for (const [name, safe] of cases) assert.equal(safeName(name), safe, JSON.stringify(name));
});

Deno.test("safeName() cuts a long name before its ending, between characters", () => {
  const long = safeName(`${"😀".repeat(100)}.jpeg`);
  assert.match(long, /^😀+\.jpeg$/u);
  assert.ok(utf8(long).length > 195);
  assert.equal(utf8(safeName("x".repeat(1000))).length, 200);
});

Deno.test("freeName() counts on until a name is free", () => {
  const there = new Set(["a.txt", "a (2).txt", "b"]);
  const free = (name: string) => freeName(name, (other) => there.has(other));
  assert.equal(free("a.txt"), "a (3).txt");
  assert.equal(free("b"), "b (2)");
  assert.equal(free("../c.txt"), "c.txt");
});

Deno.test("endingOf() knows an ending from a part of the name", () => {
  assert.equal(endingOf("a.tar.gz"), ".gz");
  assert.equal(endingOf("Mr. Smith"), "");
  assert.equal(endingOf("none"), "");
  assert.equal(endingOf(".hidden"), "");
  assert.equal(endingOf("a.thisisnotanendingatall"), "");
});
