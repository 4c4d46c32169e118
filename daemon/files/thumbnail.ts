import { decode, encode } from "jpeg-js";
import type { Bytes } from "../base/mod.ts";
import { MOST_THUMBNAIL } from "./descriptor.ts";
import { jpegSize } from "./dimensions.ts";

/** The longer side of a thumbnail, in pixels. */
const SIDE = 160;
/** The largest picture a thumbnail is made of here; of others the dashboard makes it. */
const MOST_PIXELS = 4_000_000;
/** The largest thumbnail of another that is decoded. */
const MOST_THEIRS = 256 * 256;
const QUALITIES = [75, 60, 45, 30, 15];
/** More scans than any camera writes: each costs a pass over the picture. */
const MOST_SCANS = 32;

/**
 * A small JPEG of a JPEG: {@link SIDE} pixels at most, without anything but the picture (no place, no
 * time, no camera). Undefined when it is none, is damaged, or has too many pixels; that is looked at
 * before anything is decoded.
 */
export function makeThumbnail(jpeg: Uint8Array): Bytes | undefined {
  const picture = decoded(jpeg, MOST_PIXELS);
  return picture && encoded(shrunk(picture));
}

/**
 * Another's thumbnail, decoded and written anew, so that what a browser is given was made here.
 * Undefined when it is no small JPEG.
 */
export function cleanThumbnail(jpeg: Uint8Array): Bytes | undefined {
  const picture = jpeg.length > MOST_THUMBNAIL ? undefined : decoded(jpeg, MOST_THEIRS);
  return picture && encoded(shrunk(picture));
}

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Four bytes a pixel, RGBA. */
  readonly data: Uint8Array;
}

function decoded(jpeg: Uint8Array, most: number): Picture | undefined {
  const size = jpegSize(jpeg);
  if (size === undefined || size.width * size.height > most || scans(jpeg) > MOST_SCANS) {
    return undefined;
  }
  try {
    return decode(jpeg, {
      useTArray: true,
      maxResolutionInMP: most / 1e6,
      maxMemoryUsageInMB: 128,
      tolerantDecoding: false,
    });
  } catch {
    return undefined;
  }
}

function scans(jpeg: Uint8Array): number {
  let count = 0;
  for (let at = jpeg.indexOf(0xff); at >= 0; at = jpeg.indexOf(0xff, at + 1)) {
    if (jpeg[at + 1] === 0xda) count++;
  }
  return count;
}

/** Each pixel the mean of those it stands for. */
function shrunk({ width, height, data }: Picture): Picture {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  if (scale === 1) return { width, height, data };
  const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * scale))) as [
    number,
    number,
  ];
  const out = new Uint8Array(w * h * 4);
  for (let y = 0; y < h; y++) {
    const [top, bottom] = span(y, h, height);
    for (let x = 0; x < w; x++) {
      const [left, right] = span(x, w, width);
      let [r, g, b] = [0, 0, 0];
      for (let row = top; row < bottom; row++) {
        for (let at = (row * width + left) * 4; at < (row * width + right) * 4; at += 4) {
          r += data[at]!;
          g += data[at + 1]!;
          b += data[at + 2]!;
        }
      }
      const count = (bottom - top) * (right - left);
      out.set([r / count, g / count, b / count, 255], (y * w + x) * 4);
    }
  }
  return { width: w, height: h, data: out };
}

/** Which of `from` pixels the pixel `index` of `to` stands for. */
function span(index: number, to: number, from: number): [number, number] {
  const first = Math.floor(index * from / to);
  return [first, Math.max(first + 1, Math.floor((index + 1) * from / to))];
}

function encoded(picture: Picture): Bytes | undefined {
  for (const quality of QUALITIES) {
    const { data } = encode(picture as Parameters<typeof encode>[0], quality);
    if (data.length <= MOST_THUMBNAIL) return new Uint8Array(data);
  }
  return undefined;
}
