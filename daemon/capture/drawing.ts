import { encode } from "jpeg-js";
import type { Bytes } from "../base/mod.ts";

/** Size in pixels of what is drawn here: small, for it is encoded in JavaScript. */
export const DRAWN_WIDTH = 320;
export const DRAWN_HEIGHT = 240;

const QUALITY = 70;
const BACKGROUND = 0x1f2430;
const TEXT = 0xc8ccd4;
const COLOURS = [0xc0c0c0, 0xc0c000, 0x00c0c0, 0x00c000, 0xc000c0, 0xc00000, 0x0000c0];

/** Letters of five rows of four bits, the left one highest. */
const LETTERS: Record<string, readonly number[]> = {
  N: [0b1001, 0b1101, 0b1011, 0b1001, 0b1001],
  O: [0b0110, 0b1001, 0b1001, 0b1001, 0b0110],
  S: [0b0111, 0b1000, 0b0110, 0b0001, 0b1110],
  I: [0b0111, 0b0010, 0b0010, 0b0010, 0b0111],
  G: [0b0111, 0b1000, 0b1011, 0b1001, 0b0111],
  A: [0b0110, 0b1001, 0b1111, 0b1001, 0b1001],
  L: [0b1000, 0b1000, 0b1000, 0b1000, 0b1111],
};

type Canvas = Uint8Array<ArrayBuffer>;

function box(canvas: Canvas, x: number, y: number, width: number, height: number, rgb: number) {
  for (let row = Math.max(0, y); row < Math.min(DRAWN_HEIGHT, y + height); row++) {
    for (let column = Math.max(0, x); column < Math.min(DRAWN_WIDTH, x + width); column++) {
      canvas.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255, 255], 4 * (row * DRAWN_WIDTH + column));
    }
  }
}

function write(canvas: Canvas, text: string, y: number, scale: number): void {
  let x = Math.round((DRAWN_WIDTH - text.length * 5 * scale) / 2);
  for (const letter of text) {
    LETTERS[letter]?.forEach((bits, row) => {
      for (let column = 0; column < 4; column++) {
        if ((bits & (8 >> column)) === 0) continue;
        box(canvas, x + column * scale, y + row * scale, scale, scale, TEXT);
      }
    });
    x += 5 * scale;
  }
}

function jpegOf(canvas: Canvas): Bytes {
  const picture = { width: DRAWN_WIDTH, height: DRAWN_HEIGHT, data: canvas };
  return new Uint8Array(encode(picture, QUALITY).data);
}

function blank(): Canvas {
  return new Uint8Array(DRAWN_WIDTH * DRAWN_HEIGHT * 4);
}

let noSignal: Bytes | undefined;

/** The picture shown when a camera gives none, drawn once. */
export function noSignalPicture(): Bytes {
  if (noSignal === undefined) {
    const canvas = blank();
    box(canvas, 0, 0, DRAWN_WIDTH, DRAWN_HEIGHT, BACKGROUND);
    write(canvas, "NO SIGNAL", 108, 5);
    noSignal = jpegOf(canvas);
  }
  return noSignal;
}

let bars: Canvas | undefined;

/** Picture number `index` of the test camera that needs no ffmpeg: colour bars and a moving block. */
export function testPicture(index: number): Bytes {
  if (bars === undefined) {
    bars = blank();
    const width = Math.ceil(DRAWN_WIDTH / COLOURS.length);
    for (const [i, rgb] of COLOURS.entries()) box(bars, i * width, 0, width, DRAWN_HEIGHT, rgb);
  }
  const canvas = bars.slice();
  box(canvas, (index * 4) % DRAWN_WIDTH, 100, 40, 40, 0xffffff);
  return jpegOf(canvas);
}
