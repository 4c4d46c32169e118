import { decode, encode } from "jpeg-js";
import { type Bytes, Rate } from "../base/mod.ts";
import { MOST_THUMBNAIL } from "./descriptor.ts";
import { jpegFrame } from "./dimensions.ts";
import type { Transfer } from "./transfer.ts";

/** The longer side of a thumbnail, in pixels. */
const SIDE = 160;
const QUALITIES = [75, 60, 45, 30, 15];
/** Colours of a JPEG; the most that one of them has more than another each way; bits of a sample. */
const COMPONENTS = [1, 3];
const MOST_SAMPLING = 4;
const PRECISION = 8;

/** What is decoded: checked before, since the decoder does it at one go. */
interface Bounds {
  readonly pixels: number;
  readonly side: number;
  /** Passes over the picture: no camera writes as many. */
  readonly scans: number;
  /** What the decoder may take, in MiB. */
  readonly memory: number;
}

/** Of one's own; of larger ones the dashboard makes a thumbnail. */
const OWN: Bounds = { pixels: 4_000_000, side: 65_535, scans: 32, memory: 96 };
/** Another's thumbnail: what costs us no more than reading the message that it came in. */
const THEIRS: Bounds = { pixels: 256 * 256, side: 256, scans: 10, memory: 2 };

/**
 * A small JPEG of a JPEG: {@link SIDE} pixels at most, without anything but the picture (no place, no
 * time, no camera). Undefined when it is none, is damaged, or has too many pixels; that is looked at
 * before anything is decoded.
 */
export function makeThumbnail(jpeg: Uint8Array): Bytes | undefined {
  const picture = decoded(jpeg, OWN);
  return picture && encoded(shrunk(picture));
}

/**
 * Another's thumbnail, decoded and written anew, so that what a browser is given was made here.
 * Undefined when it is no small JPEG.
 */
export function cleanThumbnail(jpeg: Uint8Array): Bytes | undefined {
  const picture = jpeg.length > MOST_THUMBNAIL ? undefined : decoded(jpeg, THEIRS);
  return picture && encoded(shrunk(picture));
}

const PERIOD = 60_000;

/** Cleans the thumbnails that come with others' files, so many a minute: the rest go without. */
export class Thumbnails {
  readonly #ofSender: Rate;
  readonly #ofAll: Rate;

  constructor(ofSender = 30, ofAll = 90) {
    this.#ofSender = new Rate(ofSender, PERIOD);
    this.#ofAll = new Rate(ofAll, PERIOD);
  }

  /** The transfer with its thumbnail clean, or without one. @param now ms of a steady clock */
  clean(transfer: Transfer, now: number): Transfer {
    const { thumbnail: theirs, ...rest } = transfer.descriptor;
    if (theirs === undefined) return transfer;
    const right = this.#ofSender.allows(transfer.sender, now) && this.#ofAll.allows("", now);
    const thumbnail = right ? cleanThumbnail(theirs) : undefined;
    return { ...transfer, descriptor: thumbnail === undefined ? rest : { ...rest, thumbnail } };
  }
}

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Four bytes a pixel, RGBA. */
  readonly data: Uint8Array;
}

function decoded(jpeg: Uint8Array, bounds: Bounds): Picture | undefined {
  try {
    if (!isWithin(jpeg, bounds)) return undefined;
    return decode(jpeg, {
      useTArray: true,
      maxResolutionInMP: bounds.pixels / 1e6,
      maxMemoryUsageInMB: bounds.memory,
      tolerantDecoding: false,
    });
  } catch {
    return undefined;
  }
}

function isWithin(jpeg: Uint8Array, { pixels, side, scans }: Bounds): boolean {
  const frame = jpegFrame(jpeg);
  if (frame === undefined) return false;
  const { width, height, precision, sampling } = frame;
  const modest = sampling.every(([h, v]) =>
    h >= 1 && h <= MOST_SAMPLING && v >= 1 && v <= MOST_SAMPLING
  );
  return modest && precision === PRECISION && COMPONENTS.includes(sampling.length) &&
    width <= side && height <= side && width * height <= pixels &&
    areFewScans(jpeg, scans, sampling.length);
}

/** Wherever the decoder might see the beginning of a scan (ITU-T T.81 section B.2.3). */
function areFewScans(jpeg: Uint8Array, most: number, components: number): boolean {
  let count = 0;
  for (let at = jpeg.indexOf(0xff); at >= 0; at = jpeg.indexOf(0xff, at + 1)) {
    if (jpeg[at + 1] !== 0xda) continue;
    if (++count > most || (jpeg[at + 4] ?? 0) > components) return false;
  }
  return true;
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
