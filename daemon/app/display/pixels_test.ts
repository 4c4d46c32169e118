import assert from "node:assert/strict";
import fc from "fast-check";
import { concat } from "../../base/mod.ts";
import { latin1, png } from "./testing.ts";
import { pixelsOf } from "./pixels.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

Deno.test("pixelsOf() reads the size a PNG claims", () => {
  assert.deepEqual(pixelsOf("image/png", png(3, 2)), { width: 3, height: 2 });
  const bomb = png(1, 1, [0, 0, 0], [100_000, 90_000]);
  assert.deepEqual(pixelsOf("image/png", bomb), { width: 100_000, height: 90_000 });
});

Deno.test("pixelsOf() finds a JPEG's frame behind other segments, a thumbnail's passed over", () => {
  const frame = (height: number, width: number) =>
    bytes(0xff, 0xc2, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 0, 0x11, 0);
  const thumbnail = concat(bytes(0xff, 0xd8), frame(9, 9), bytes(0xff, 0xd9));
  const exif = concat(bytes(0xff, 0xe1, 0, thumbnail.length + 2), thumbnail);
  const file = concat(bytes(0xff, 0xd8), exif, bytes(0xff, 0xff), frame(600, 40_000).subarray(1));
  assert.deepEqual(pixelsOf("image/jpeg", file), { width: 40_000, height: 600 });
});

Deno.test("pixelsOf() takes a GIF's first frame where it is larger than the screen", () => {
  const screen = concat(latin1("GIF89a"), bytes(10, 0, 10, 0, 0x80, 0, 0), bytes(0, 0, 0, 1, 1, 1));
  const note = bytes(0x21, 0xfe, 2, 65, 66, 0);
  const small = concat(screen, note, bytes(0x2c, 0, 0, 0, 0, 10, 0, 10, 0, 0));
  assert.deepEqual(pixelsOf("image/gif", small), { width: 10, height: 10 });
  const large = concat(screen, note, bytes(0x2c, 5, 0, 0, 0, 0xff, 0xff, 10, 0, 0));
  assert.deepEqual(pixelsOf("image/gif", large), { width: 65_540, height: 10 });
});

Deno.test("pixelsOf() reads the three kinds of WebP", () => {
  const riff = (chunk: string) => concat(latin1("RIFF\0\0\0\0WEBP"), latin1(chunk));
  const lossy = concat(riff("VP8 "), bytes(0, 0, 0, 0, 0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0));
  assert.deepEqual(pixelsOf("image/webp", lossy), { width: 320, height: 240 });
  const lossless = concat(riff("VP8L"), bytes(0, 0, 0, 0, 0x2f, 0xff, 0xff, 0xff, 0x0f));
  assert.deepEqual(pixelsOf("image/webp", lossless), { width: 16_384, height: 16_384 });
  const extended = concat(riff("VP8X"), bytes(10, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 9, 0, 0));
  assert.deepEqual(pixelsOf("image/webp", extended), { width: 65_536, height: 10 });
});

Deno.test("pixelsOf() finds no size in what is cut, damaged or none", () => {
  assert.equal(pixelsOf("image/png", png(3, 2).subarray(0, 20)), undefined);
  assert.equal(pixelsOf("image/png", png(1, 1, [0, 0, 0], [0, 5])), undefined);
  assert.equal(pixelsOf("image/jpeg", bytes(0xff, 0xd8, 0xff, 0xd9)), undefined);
  assert.equal(pixelsOf("image/svg+xml", latin1("<svg/>")), undefined);
});

Deno.test("pixelsOf() ends for any bytes", () => {
  const types = fc.constantFrom("image/png", "image/jpeg", "image/gif", "image/webp");
  fc.assert(fc.property(types, fc.uint8Array({ maxLength: 2000 }), (type, any) => {
    const found = pixelsOf(type, any);
    assert.ok(found === undefined || (found.width > 0 && found.height > 0));
  }));
});
