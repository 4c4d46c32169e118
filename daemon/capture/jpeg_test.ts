import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decode } from "jpeg-js";
import fc from "fast-check";
import { concat } from "../base/mod.ts";
import { noSignalPicture, testPicture } from "./drawing.ts";
import { validateJpeg } from "./mod.ts";

const picture = testPicture(3);

Deno.test("drawn pictures are JPEG that decodes, and the test picture moves", () => {
  for (const data of [noSignalPicture(), picture]) {
    assert.deepEqual(validateJpeg(data), { width: 320, height: 240 });
    const { width, height } = decode(data, { useTArray: true });
    assert.deepEqual([width, height], [320, 240]);
  }
  assert.notDeepEqual(testPicture(4), picture);
  assert.equal(noSignalPicture(), noSignalPicture());
});

Deno.test("validateJpeg() walks over an embedded thumbnail and fill bytes", () => {
  const exif = concat(
    Uint8Array.of(0xff, 0xe1, (picture.length + 2) >> 8, (picture.length + 2) & 255),
    picture,
  );
  const nested = concat(picture.subarray(0, 2), exif, picture.subarray(2));
  assert.deepEqual(validateJpeg(nested), { width: 320, height: 240 });
  const filled = concat(picture.subarray(0, 2), Uint8Array.of(0xff, 0xff), picture.subarray(2));
  assert.deepEqual(validateJpeg(filled), { width: 320, height: 240 });
  assert.deepEqual(validateJpeg(concat(picture, new Uint8Array(9))), { width: 320, height: 240 });
});

Deno.test("validateJpeg() rejects every cut of a picture, and anything after one", () => {
  for (let length = 0; length < picture.length; length++) {
    assert.equal(validateJpeg(picture.subarray(0, length)), undefined, `${length}`);
  }
  assert.equal(validateJpeg(concat(picture, Uint8Array.of(1))), undefined);
  assert.equal(validateJpeg(concat(picture, picture)), undefined);
});

Deno.test("validateJpeg() rejects what is not a picture of sane size", () => {
  const sof = Buffer.from(picture).indexOf(Buffer.of(0xff, 0xc0));
  assert.ok(sof > 0);
  const changed = (offset: number, ...values: number[]) => {
    const copy = picture.slice();
    copy.set(values, sof + offset);
    return validateJpeg(copy);
  };
  assert.deepEqual(changed(5, 0, 1), { width: 320, height: 1 });
  assert.equal(changed(5, 0, 0), undefined, "no height");
  assert.equal(changed(7, 0xff, 0xff), undefined, "65535 wide");
  assert.equal(changed(4, 12), undefined, "12 bits");
  assert.equal(changed(9, 4), undefined, "four components");
  assert.equal(changed(1, 0xc9), undefined, "arithmetic coding");
  assert.equal(changed(1, 0xc3), undefined, "lossless");
  assert.equal(changed(1, 0xfe), undefined, "no frame");
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10);
  assert.equal(validateJpeg(png), undefined);
  const segments = concat(
    picture.subarray(0, 2),
    ...Array.from({ length: 300 }, () => Uint8Array.of(0xff, 0xfe, 0, 2)),
    picture.subarray(2),
  );
  assert.equal(validateJpeg(segments), undefined, "too many segments");
  const sos = Buffer.from(picture).indexOf(Buffer.of(0xff, 0xda));
  const scan = picture.subarray(sos, picture.length - 2);
  const scans = (count: number) =>
    validateJpeg(concat(
      picture.subarray(0, sos),
      ...Array.from({ length: count }, () => scan),
      Uint8Array.of(0xff, 0xd9),
    ));
  assert.ok(scans(10));
  assert.equal(scans(33), undefined, "too many scans");
});

Deno.test("validateJpeg() never throws on noise or damage", () => {
  const noise = fc.uint8Array({ maxLength: 200 }).map((tail) =>
    concat(Uint8Array.of(0xff, 0xd8, 0xff), tail)
  );
  const damage = fc.array(fc.tuple(fc.nat(picture.length - 1), fc.nat(255)), { maxLength: 8 }).map(
    (changes) => {
      const copy = picture.slice();
      for (const [at, value] of changes) copy[at] = value;
      return copy;
    },
  );
  fc.assert(fc.property(fc.oneof(noise, damage), (bytes) => {
    const size = validateJpeg(bytes);
    assert.ok(size === undefined || (size.width <= 4096 && size.height <= 4096));
  }));
});
