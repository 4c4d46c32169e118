/** Width and height of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Within so many first bytes a header is looked for that is not where others are: metadata may precede it. */
export const MOST_HEADER = 512 * 1024;

/**
 * What the header of a PNG, JPEG, GIF or WebP says of its size, which is what a browser makes room
 * for, four bytes a pixel: a file of a few kilobytes can ask for gigabytes. Nothing is decoded.
 * Undefined for anything else, and where the header is not in `head` or makes no sense.
 */
export function pictureSize(head: Uint8Array): PictureSize | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    const size = png(view) ?? gif(view) ?? webp(view) ?? jpegFrame(head);
    if (size === undefined) return undefined;
    const { width, height } = size;
    return width > 0 && height > 0 ? { width, height } : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // the header is cut off
    throw error;
  }
}

/** IHDR comes first (PNG section 11.2.1). */
function png(view: DataView): PictureSize | undefined {
  if (view.getUint32(0) !== 0x89504e47 || view.getUint32(12) !== 0x49484452) return undefined;
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/**
 * The screen, or the first frame where that reaches beyond it: browsers make it larger then.
 * (GIF89a sections 18 and 20)
 */
function gif(view: DataView): PictureSize | undefined {
  if (view.getUint32(0) !== 0x47494638) return undefined;
  const screen = { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  const table = (flags: number) => (flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1);
  let at = 13 + table(view.getUint8(10));
  while (view.getUint8(at) === 0x21) {
    at += 2;
    while (view.getUint8(at) !== 0) at += 1 + view.getUint8(at);
    at++;
  }
  if (view.getUint8(at) !== 0x2c) return undefined;
  const [left, top, width, height] = [1, 3, 5, 7].map((by) => view.getUint16(at + by, true));
  return {
    width: Math.max(screen.width, left! + width!),
    height: Math.max(screen.height, top! + height!),
  };
}

/** RFC 9649 section 2. */
function webp(view: DataView): PictureSize | undefined {
  if (view.getUint32(0) !== 0x52494646 || view.getUint32(8) !== 0x57454250) return undefined;
  const u24 = (at: number) => view.getUint16(at, true) | view.getUint8(at + 2) << 16;
  switch (view.getUint32(12)) {
    case 0x56503858: // VP8X: the canvas, less one
      return { width: u24(24) + 1, height: u24(27) + 1 };
    case 0x56503820: // VP8: a key frame
      return {
        width: view.getUint16(26, true) & 0x3fff,
        height: view.getUint16(28, true) & 0x3fff,
      };
    case 0x5650384c: { // VP8L: 14 bits each, less one
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: (bits >>> 14 & 0x3fff) + 1 };
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

/**
 * The frame header of a JPEG, before its first scan; it may be cut off behind the size. Read as
 * decoders do: where one would go on past what is no marker, it is taken for damaged.
 * @throws RangeError when the header is cut off before the size
 */
export function jpegFrame(bytes: Uint8Array): JpegFrame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  for (let at = 2;;) {
    if (view.getUint8(at) !== 0xff) return undefined;
    while (view.getUint8(at + 1) === 0xff) at++; // fill
    const marker = view.getUint8(at + 1);
    if (marker === 0x00 || marker === 0xd9 || marker === 0xda) return undefined;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const [width, height] = [view.getUint16(at + 7), view.getUint16(at + 5)];
      const sampling = Array.from({ length: bytes[at + 9] ?? 0 }, (_, i) => {
        const factors = bytes[at + 11 + 3 * i] ?? 0;
        return [factors >> 4, factors & 15] as const;
      });
      return { width, height, precision: view.getUint8(at + 4), sampling };
    }
    const alone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
    at += alone ? 2 : 2 + Math.max(2, view.getUint16(at + 2));
  }
}
