import assert from "node:assert/strict";
import fc from "fast-check";
import { concat } from "../base/mod.ts";
import { pictureSize } from "./dimensions.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const u32 = (value: number) =>
  bytes(value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255);
const png = (width: number, height: number) =>
  concat(latin1("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), u32(width), u32(height), bytes(8, 2, 0, 0, 0));
const frame = (height: number, width: number) =>
  bytes(0xff, 0xc2, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 0, 0x11, 0);

Deno.test("pictureSize() reads the size a PNG claims", () => {
  assert.deepEqual(pictureSize(png(3, 2)), { width: 3, height: 2 });
  assert.deepEqual(pictureSize(png(100_000, 90_000)), { width: 100_000, height: 90_000 });
});

Deno.test("pictureSize() finds a JPEG's frame behind other segments, a thumbnail's passed over", () => {
  const thumbnail = concat(bytes(0xff, 0xd8), frame(9, 9), bytes(0xff, 0xd9));
  const exif = concat(bytes(0xff, 0xe1, 0, thumbnail.length + 2), thumbnail);
  const file = concat(bytes(0xff, 0xd8), exif, bytes(0xff, 0xff), frame(600, 40_000).subarray(1));
  assert.deepEqual(pictureSize(file), { width: 40_000, height: 600 });
});

Deno.test("pictureSize() is not led past a JPEG's frame by what decoders pass over", () => {
  // A marker without a length, then bytes that a reader takes for one and jumps over the frame.
  const jump = concat(frame(600, 40_000), frame(1, 1));
  for (
    const [marker, size] of [[0x01, { width: 40_000, height: 600 }], [0x00, undefined]] as const
  ) {
    const file = concat(bytes(0xff, 0xd8, 0xff, marker), jump);
    assert.deepEqual(pictureSize(file), size, `${marker}`);
  }
  assert.equal(pictureSize(concat(bytes(0xff, 0xd8, 5), frame(9, 9))), undefined);
});

Deno.test("pictureSize() takes a GIF's first frame where it is larger than the screen", () => {
  const screen = concat(latin1("GIF89a"), bytes(10, 0, 10, 0, 0x80, 0, 0), bytes(0, 0, 0, 1, 1, 1));
  const note = bytes(0x21, 0xfe, 2, 65, 66, 0);
  const small = concat(screen, note, bytes(0x2c, 0, 0, 0, 0, 10, 0, 10, 0, 0));
  assert.deepEqual(pictureSize(small), { width: 10, height: 10 });
  const large = concat(screen, note, bytes(0x2c, 5, 0, 0, 0, 0xff, 0xff, 10, 0, 0));
  assert.deepEqual(pictureSize(large), { width: 65_540, height: 10 });
});

Deno.test("pictureSize() reads the three kinds of WebP", () => {
  const riff = (chunk: string) => concat(latin1("RIFF\0\0\0\0WEBP"), latin1(chunk));
  const lossy = concat(riff("VP8 "), bytes(0, 0, 0, 0, 0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0));
  assert.deepEqual(pictureSize(lossy), { width: 320, height: 240 });
  const lossless = concat(riff("VP8L"), bytes(0, 0, 0, 0, 0x2f, 0xff, 0xff, 0xff, 0x0f));
  assert.deepEqual(pictureSize(lossless), { width: 16_384, height: 16_384 });
  const extended = concat(riff("VP8X"), bytes(10, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 9, 0, 0));
  assert.deepEqual(pictureSize(extended), { width: 65_536, height: 10 });
});

Deno.test("pictureSize() finds no size in what is cut, damaged or none", () => {
  assert.equal(pictureSize(png(3, 2).subarray(0, 20)), undefined);
  assert.equal(pictureSize(png(0, 5)), undefined);
  assert.equal(pictureSize(bytes(0xff, 0xd8, 0xff, 0xd9)), undefined);
  assert.equal(pictureSize(latin1("<svg/>")), undefined);
});

Deno.test("pictureSize() ends for any bytes", () => {
  const begins = fc.constantFrom(
    "",
    "\x89PNG\r\n\x1a\n",
    "RIFF\x24\0\0\0WEBPVP8 ",
    "\xff\xd8",
    "GIF89a",
  );
  fc.assert(fc.property(begins, fc.uint8Array({ maxLength: 2000 }), (begin, any) => {
    const found = pictureSize(concat(latin1(begin), any));
    assert.ok(found === undefined || (found.width > 0 && found.height > 0));
  }));
});
