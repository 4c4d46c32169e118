import assert from "node:assert/strict";
import fc from "fast-check";
import { latin1 } from "./testing.ts";
import { typeOf } from "./kind.ts";

const SIGNATURES: readonly [string, string, string][] = [
  ["\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture", "image/png"],
  ["\xff\xd8\xff\xe0\0\x10JFIF", "picture", "image/jpeg"],
  ["GIF89a\x01\0\x01\0", "picture", "image/gif"],
  ["RIFF\x10\0\0\0WEBPVP8 ", "picture", "image/webp"],
  ["%PDF-1.7\n", "pdf", "application/pdf"],
  ["\0\0\0\x20ftypisom\0\0\0\0", "video", "video/mp4"],
  ["\0\0\0\x20ftypM4A \0\0\0\0", "audio", "audio/mp4"],
  ["\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x86\x81\x01webm", "video", "video/webm"],
  ["OggS\0\x02aaaa\x80theora", "video", "video/ogg"],
  ["OggS\0\x02aaaaOpusHead", "audio", "audio/ogg"],
  ["RIFF\x10\0\0\0WAVEfmt ", "audio", "audio/wav"],
  ["fLaC\0\0\0\x22", "audio", "audio/flac"],
  ["ID3\x04\0\0", "audio", "audio/mpeg"],
  ["\xff\xfb\x90\x64\0\0\0\0", "audio", "audio/mpeg"],
  ["# Heading\n", "text", "text/plain"],
];

for (const [bytes, kind, type] of SIGNATURES) {
  Deno.test(`typeOf() knows ${type} by its first bytes`, () => {
    const found = typeOf(latin1(bytes));
    assert.equal(found?.kind, kind);
    assert.equal(found?.type, type);
  });
}

Deno.test("typeOf() takes what runs in a browser for text", () => {
  for (
    const source of [
      "<!doctype html><script>alert(1)</script>",
      '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
      '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
      "\xef\xbb\xbf<script>alert(1)</script>",
    ]
  ) assert.equal(typeOf(latin1(source))?.type, "text/plain", source);
});

Deno.test("typeOf() goes by the content of a file that lies", () => {
  // A GIF that is a script as well is a picture, and nothing but a picture.
  assert.equal(typeOf(latin1("GIF89a/*\0\0*/=1;alert(1)"))?.type, "image/gif");
  assert.equal(
    typeOf(latin1("%PDF-1.4\n<html><script>alert(1)</script>"))?.type,
    "application/pdf",
  );
});

Deno.test("typeOf() shows nothing of other files", () => {
  for (
    const bytes of [
      "",
      "PK\x03\x04",
      "MZ\x90\0",
      "\x7fELF\x02",
      "\0\0\0\x20ftypheic\0\0\0\0",
      "\0\0\0\x20ftypavif\0\0\0\0",
      "\xff\xfe\xff",
      "text\0with a zero",
      "\xc3\x28 no UTF-8",
    ]
  ) assert.equal(typeOf(latin1(bytes)), null, JSON.stringify(bytes));
});

Deno.test("typeOf() answers for any bytes, and no type that a browser would run", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
    const found = typeOf(bytes);
    assert.ok(
      found === null ||
        /^(image\/(png|jpeg|gif|webp)|(audio|video)\/[a-z0-9]+|text\/plain|application\/pdf)$/.test(
          found.type,
        ),
    );
  }));
});
