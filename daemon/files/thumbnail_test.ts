import assert from "node:assert/strict";
import { decode, encode } from "jpeg-js";
import { concat } from "../base/mod.ts";
import { cleanThumbnail, makeThumbnail, Thumbnails } from "./thumbnail.ts";
import { pattern } from "./testing.ts";
import type { Transfer } from "./transfer.ts";

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

const segment = (marker: number, ...data: number[]) => {
  return [0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255, ...data];
};

/** A JPEG of a few thousand bytes that asks its decoder for as much as it can. */
function hostile(
  { width = 256, height = 256, components = 3, sampling = 0x11, scans = 1, named = 3 },
): Uint8Array {
  const ids = (count: number) => Array.from({ length: count }, (_, i) => i % components + 1);
  // One code, a single zero bit: each block ends where it begins.
  const table = (kind: number) => segment(0xc4, kind << 4, 1, 1, ...Array(14).fill(0), 0, 1);
  const sides = [height >> 8, height & 255, width >> 8, width & 255];
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...Array(64).fill(1)),
    ...segment(
      0xc0,
      ...[8, ...sides, components],
      ...ids(components).flatMap((id) => [id, sampling, 0]),
    ),
    ...table(0),
    ...table(1),
    ...Array(scans).fill([
      ...segment(0xda, named, ...ids(named).flatMap((id) => [id, 0]), 0, 63, 0),
      ...Array(Math.floor(5000 / scans)).fill(0),
    ]).flat(),
    ...[0xff, 0xd9],
  ]);
}

Deno.test("a thumbnail that asks for much work is not decoded", () => {
  for (
    const shape of [
      { components: 255, named: 255, sampling: 0xff },
      { components: 60, named: 60 },
      { components: 4, named: 4 },
      { sampling: 0x55 },
      { sampling: 0 },
      { width: 1, height: 65_535 },
      { width: 257, height: 1 },
      { scans: 11 },
      { named: 255 },
    ]
  ) {
    const before = Deno.memoryUsage().external;
    assert.equal(cleanThumbnail(hostile(shape)), undefined, JSON.stringify(shape));
    const taken = Deno.memoryUsage().external - before;
    assert.ok(taken < 8e6, `${JSON.stringify(shape)} took ${taken} bytes`);
  }
  assert.ok(cleanThumbnail(hostile({ width: 64, height: 64 })) !== undefined);
});

Deno.test("Thumbnails cleans so many of one sender and of all in a minute, and no more", () => {
  const thumbnail = jpeg(8, 8) as Uint8Array<ArrayBuffer>;
  const thumbnails = new Thumbnails(3, 5);
  const clean = (sender: string, now: number) =>
    thumbnails.clean({ sender, descriptor: { thumbnail } } as Transfer, now).descriptor
      .thumbnail !==
      undefined;
  const all = ["mallory", "mallory", "mallory", "mallory", "bob", "eve", "eve"];
  assert.deepEqual(all.map((sender) => clean(sender, 0)), [
    true,
    true,
    true,
    false,
    true,
    true,
    false,
  ]);
  assert.ok(clean("mallory", 60_000));
});
