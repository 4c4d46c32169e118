import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, utf8 } from "../base/mod.ts";
import { pretends, sniff } from "./sniff.ts";

/** Characters as the bytes of the same numbers. */
function raw(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

Deno.test("sniff() tells a file by what it begins with", () => {
  const cases: [Uint8Array, string][] = [
    [raw("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image/png"],
    [raw("\xff\xd8\xff\xe0\0\x10JFIF"), "image/jpeg"],
    [raw("GIF89a\x01\0\x01\0"), "image/gif"],
    [raw("RIFF\x24\0\0\0WEBPVP8 "), "image/webp"],
    [raw("RIFF\x24\0\0\0WAVEfmt "), "audio/wav"],
    [raw("%PDF-1.7\n%\xe2\xe3"), "application/pdf"],
    [raw("ID3\x04\0\0\0\0\0\0"), "audio/mpeg"],
    [raw("\xff\xfb\x90\x64\0\0"), "audio/mpeg"],
    [raw("OggS\0\x02\0\0\0\0\0\0\x01vorbis"), "audio/ogg"],
    [raw("OggS\0\x02\0\0\0\0\0\0\x80theora"), "video/ogg"],
    [raw("\0\0\0\x20ftypisom\0\0\x02\0"), "video/mp4"],
    [raw("\0\0\0\x20ftypM4A \0\0\x02\0"), "audio/mp4"],
    [raw("\0\0\0\x20ftypavif\0\0\0\0"), "image/avif"],
    [raw("\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm"), "video/webm"],
    [raw("\x1a\x45\xdf\xa3\xa3B\x82\x88matroska"), "video/x-matroska"],
    [raw("PK\x03\x04\x14\0"), "application/zip"],
    [raw("MZ\x90\0\x03\0"), "application/vnd.microsoft.portable-executable"],
    [raw("\x7fELF\x02\x01"), "application/x-elf"],
    [utf8("Grüße an alle 😀\n\tund mehr\r\n"), "text/plain"],
    [utf8("<!DOCTYPE html><script>alert(1)</script>"), "text/plain"],
    [utf8(`<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`), "text/plain"],
    [utf8("😀").subarray(0, 3), "text/plain"],
    [new Uint8Array(), "text/plain"],
    [raw("\xff\xfeh\0i\0"), "text/plain"],
    [raw("text with \0 in it"), "application/octet-stream"],
    [raw("\xff\xf1\x50\x80"), "application/octet-stream"],
    [raw("RIFF\x24\0\0\0AVI LIST"), "application/octet-stream"],
  ];
  for (const [head, type] of cases) assert.equal(sniff(head), type, JSON.stringify(type));
});

Deno.test("sniff() takes any bytes", () => {
  const begins = [
    "",
    "\x89PNG\r\n\x1a\n",
    "RIFF\x24\0\0\0WEBPVP8 ",
    "\xff\xd8\xff\xc0\0\x11",
    "GIF89a",
    "\xff\xd8\xff\xff\xff",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...begins), fc.uint8Array({ maxLength: 64 }), (begin, rest) => {
      const bytes = concat(raw(begin), rest);
      assert.match(sniff(bytes), /^[a-z]+\/[a-z0-9.-]+$/);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("pretends() sees a name that is not what the content is", () => {
  assert.ok(pretends("holiday.jpg", "text/plain"));
  assert.ok(pretends("holiday.jpg", "application/vnd.microsoft.portable-executable"));
  assert.ok(pretends("report", "application/vnd.microsoft.portable-executable"));
  assert.ok(pretends("a.pdf", "application/zip"));
  assert.ok(!pretends("setup.exe", "application/vnd.microsoft.portable-executable"));
  assert.ok(!pretends("holiday.JPEG", "image/jpeg"));
  assert.ok(!pretends("notes.md", "text/plain"));
  assert.ok(!pretends("letter.docx", "application/zip"));
  const [pe, elf] = ["application/vnd.microsoft.portable-executable", "application/x-elf"];
  const [script, starter] = ["text/x-shellscript", "application/x-desktop"];
  for (
    const [name, type] of [
      ["invoice.pdf.exe", pe],
      ["invoice.pdf .exe", pe],
      ["report.docx", elf],
      ["photo.jpg", elf],
      ["letter.doc", script],
      ["photo.jpg", script],
      ["photo.jpg.desktop", starter],
      ["photo.jpg", starter],
      ["letter.doc.bat", "text/plain"],
      ["page.html", "application/x-ms-shortcut"],
    ] as const
  ) assert.ok(pretends(name, type), `${name} of ${type}`);
  for (
    const [name, type] of [
      ["backup.sh", script],
      ["notes.txt", script],
      ["tool", elf],
      ["libz.so.1", elf],
      ["simppd.desktop", starter],
      ["app.min.js", "text/plain"],
      ["build.2.sh", script],
    ] as const
  ) assert.ok(!pretends(name, type), `${name} of ${type}`);
});
