/** Width and height of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

const NONE: PictureSize = { width: 0, height: 0 };

/**
 * What the header of a PNG, JPEG, GIF or WebP says of its size; nothing is decoded. Undefined for
 * anything else, and when the header is not in `head`.
 */
export function pictureSize(head: Uint8Array): PictureSize | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    const { width, height } = png(view) ?? gif(view) ?? webp(view) ?? jpegFrame(head) ?? NONE;
    return width > 0 && height > 0 ? { width, height } : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // the header is cut off
    throw error;
  }
}

function png(view: DataView): PictureSize | undefined {
  if (view.getUint32(0) !== 0x89504e47 || view.getUint32(12) !== 0x49484452) return undefined;
  return within(view.getUint32(16), view.getUint32(20));
}

function gif(view: DataView): PictureSize | undefined {
  if (view.getUint32(0) !== 0x47494638) return undefined;
  return within(view.getUint16(6, true), view.getUint16(8, true));
}

function webp(view: DataView): PictureSize | undefined {
  if (view.getUint32(0) !== 0x52494646 || view.getUint32(8) !== 0x57454250) return undefined;
  const u24 = (at: number) => view.getUint16(at, true) | view.getUint8(at + 2) << 16;
  switch (view.getUint32(12)) {
    case 0x56503858: // VP8X: the canvas, less one
      return within(u24(24) + 1, u24(27) + 1);
    case 0x56503820: // VP8: a key frame
      return within(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    case 0x5650384c: { // VP8L: 14 bits each, less one
      const bits = view.getUint32(21, true);
      return within((bits & 0x3fff) + 1, (bits >>> 14 & 0x3fff) + 1);
    }
  }
  return undefined;
}

/** What the frame header of a JPEG says (ITU-T T.81 section B.2.2). */
export interface JpegFrame extends PictureSize {
  /** Bits of a sample. */
  readonly precision: number;
  /** Of each component: how often it is sampled, across and down. */
  readonly sampling: readonly (readonly [number, number])[];
}

/** The frame header of a JPEG, before its first scan; it may be cut off behind the size. */
export function jpegFrame(bytes: Uint8Array): JpegFrame | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 9 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // fill
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const size = within(view.getUint16(at + 7), view.getUint16(at + 5));
      const sampling = Array.from({ length: bytes[at + 9] ?? 0 }, (_, i) => {
        const factors = bytes[at + 11 + 3 * i] ?? 0;
        return [factors >> 4, factors & 15] as const;
      });
      return size && { ...size, precision: bytes[at + 4]!, sampling };
    }
    if (marker === 0xda || marker === 0xd9) return undefined;
    at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return undefined;
}

/** Nothing larger is said to be a picture. */
function within(width: number, height: number): PictureSize | undefined {
  return width <= 65_535 && height <= 65_535 ? { width, height } : undefined;
}
