import assert from "node:assert/strict";
import { decode, encode } from "jpeg-js";
import { concat } from "../base/mod.ts";
import { cleanThumbnail, makeThumbnail } from "./thumbnail.ts";
import { pattern } from "./testing.ts";

function jpeg(width: number, height: number, noise = false): Uint8Array {
  const data = noise ? pattern(width * height * 4) : new Uint8Array(width * height * 4);
  if (!noise) { for (let at = 0; at < data.length; at += 4) data.set([200, 40, 20, 255], at); }
  return new Uint8Array(encode({ width, height, data: data as never }, 80).data);
}

/** The same JPEG, saying that it has other sides. */
function claiming(bytes: Uint8Array, width: number, height: number): Uint8Array {
  const out = bytes.slice();
  const frame = out.findIndex((byte, at) => byte === 0xff && out[at + 1] === 0xc0);
  new DataView(out.buffer).setUint16(frame + 5, height);
  new DataView(out.buffer).setUint16(frame + 7, width);
  return out;
}

Deno.test("makeThumbnail() makes a small picture of the same shape", () => {
  const small = makeThumbnail(jpeg(800, 600))!;
  const { width, height, data } = decode(small, { useTArray: true });
  assert.deepEqual([width, height], [160, 120]);
  assert.ok(Math.abs(data[0]! - 200) < 12 && Math.abs(data[1]! - 40) < 12);
  const tall = decode(makeThumbnail(jpeg(3, 900))!, { useTArray: true });
  assert.deepEqual([tall.width, tall.height], [1, 160]);
  assert.ok(makeThumbnail(jpeg(400, 400, true))!.length <= 8192);
});

Deno.test("makeThumbnail() leaves out what else a picture tells", () => {
  const secret = new TextEncoder().encode("Exif\0\0GPS 48.137 11.575");
  const plain = jpeg(100, 100);
  const app1 = concat(Uint8Array.of(0xff, 0xe1, 0, secret.length + 2), secret);
  const tagged = concat(plain.subarray(0, 2), app1, plain.subarray(2));
  const small = new TextDecoder("latin1").decode(makeThumbnail(tagged)!);
  assert.ok(!small.includes("GPS"));
});

Deno.test("a picture of too many pixels, too many scans, or none at all is not decoded", () => {
  assert.equal(makeThumbnail(claiming(jpeg(16, 16), 65_000, 65_000)), undefined);
  assert.equal(makeThumbnail(claiming(jpeg(16, 16), 2001, 2000)), undefined);
  assert.equal(makeThumbnail(new TextEncoder().encode("<svg/>")), undefined);
  const scan = Uint8Array.of(0xff, 0xda, 0, 2);
  const plain = jpeg(16, 16);
  assert.equal(makeThumbnail(concat(plain, ...Array(40).fill(scan))), undefined);
  assert.equal(makeThumbnail(plain.subarray(0, plain.length / 2)) instanceof Uint8Array, false);
});

Deno.test("cleanThumbnail() writes another's thumbnail anew, if it is a small one", () => {
  const clean = cleanThumbnail(jpeg(160, 120))!;
  assert.equal(decode(clean).width, 160);
  assert.equal(cleanThumbnail(jpeg(300, 300)), undefined);
  assert.equal(cleanThumbnail(pattern(5000)), undefined);
  assert.equal(cleanThumbnail(concat(jpeg(100, 100), new Uint8Array(9000))), undefined);
});
