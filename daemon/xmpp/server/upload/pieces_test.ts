import assert from "node:assert/strict";
import fc from "fast-check";
import { asAttachment, safeFileName } from "./file_name.ts";
import { readRange } from "./range.ts";

Deno.test("safeFileName() leaves names alone that harm nobody, and makes the others harmless", () => {
  const cases: [string, string | undefined][] = [
    ["holiday.jpg", "holiday.jpg"],
    ["Grüße aus Köln.pdf", "Grüße aus Köln.pdf"],
    ["../../etc/passwd", "_.._etc_passwd"],
    ["..\\..\\boot.ini", "_.._boot.ini"],
    ["...", undefined],
    ["", undefined],
    [" \t", "_"],
    [".bashrc", "bashrc"],
    ["a\0b\r\nSet-Cookie: x", "a_b__Set-Cookie_ x"],
    ["cod\u202Egpj.exe", "cod_gpj.exe"],
    ["100%2e.txt", "100_2e.txt"],
  ];
  for (const [wanted, safe] of cases) assert.equal(safeFileName(wanted), safe, wanted);
});

Deno.test("safeFileName() gives names that fit and stay as they are through a URL", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), (wanted) => {
    const name = safeFileName(wanted);
    if (name === undefined) return;
    assert.ok(encodeURIComponent(name).length <= 300);
    assert.match(name, /^[^/\\\p{Cc}\p{Cf}]+$/u);
    assert.notEqual(name[0], ".");
    assert.equal(decodeURIComponent(encodeURIComponent(name)), name);
    assert.match(asAttachment(name), /^[\x20-\x7e]+$/);
  }));
  assert.ok(safeFileName(`${"ä".repeat(999)}.jpeg`)!.endsWith("ä.jpeg"));
});

Deno.test("asAttachment() quotes nothing that would end the name early", () => {
  assert.equal(
    asAttachment(`a"b; c='ü'.txt`),
    `attachment; filename="a_b; c='_'.txt"; filename*=UTF-8''a%22b%3B%20c%3D%27%C3%BC%27.txt`,
  );
});

Deno.test("readRange() reads one range, and overlooks what is malformed or many", () => {
  const cases: [string | undefined, ReturnType<typeof readRange>][] = [
    [undefined, undefined],
    ["bytes=0-0", { first: 0, last: 0 }],
    ["bytes=2-", { first: 2, last: 9 }],
    ["bytes=2-100", { first: 2, last: 9 }],
    ["bytes=-3", { first: 7, last: 9 }],
    ["bytes=-30", { first: 0, last: 9 }],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=10-20", "unsatisfiable"],
    ["bytes=5-2", undefined],
    ["bytes=-", undefined],
    ["bytes=0-1,3-4", undefined],
    ["bytes=0-0,0-0,0-0,0-0", undefined],
    ["bytes=--1", undefined],
    ["bytes=1e3-", undefined],
    ["bytes=99999999999999999999-", undefined],
    ["lines=0-1", undefined],
  ];
  for (const [header, range] of cases) assert.deepEqual(readRange(header, 10), range, `${header}`);
});
