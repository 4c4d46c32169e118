/** How large a picture is when it is opened, in pixels. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
}

/**
 * The size that a picture's own header says, which is what a browser makes room for, four bytes a
 * pixel: a file of a few kilobytes can ask for gigabytes. Undefined where the header is not within
 * the bytes given or makes no sense.
 * @param type as `typeOf` found it
 */
export function pixelsOf(type: string, head: Uint8Array): Pixels | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    const found = READERS[type]?.(view);
    return found !== undefined && found.width > 0 && found.height > 0 ? found : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it ends before its header does
    throw error;
  }
}

const READERS: Readonly<Record<string, (v: DataView) => Pixels | undefined>> = {
  "image/png": png,
  "image/jpeg": jpeg,
  "image/gif": gif,
  "image/webp": webp,
};

/** IHDR comes first (PNG section 11.2.1). */
function png(v: DataView): Pixels | undefined {
  if (v.getUint32(12) !== 0x49484452) return undefined;
  return { width: v.getUint32(16), height: v.getUint32(20) };
}

/** The frame header, past the segments before it (ITU T.81 section B.2.2). */
function jpeg(v: DataView): Pixels | undefined {
  let at = 2;
  for (;;) {
    if (v.getUint8(at) !== 0xff) return undefined;
    while (v.getUint8(at + 1) === 0xff) at++;
    const marker = v.getUint8(at + 1);
    if (marker === 0xd9 || marker === 0xda) return undefined;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { height: v.getUint16(at + 5), width: v.getUint16(at + 7) };
    }
    const alone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
    at += alone ? 2 : 2 + Math.max(2, v.getUint16(at + 2));
  }
}

/**
 * The screen, or the first frame where that reaches beyond it: browsers make it larger then.
 * (GIF89a sections 18 and 20)
 */
function gif(v: DataView): Pixels | undefined {
  const screen = { width: v.getUint16(6, true), height: v.getUint16(8, true) };
  const table = (flags: number) => (flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1);
  let at = 13 + table(v.getUint8(10));
  while (v.getUint8(at) === 0x21) {
    at += 2;
    while (v.getUint8(at) !== 0) at += 1 + v.getUint8(at);
    at++;
  }
  if (v.getUint8(at) !== 0x2c) return undefined;
  const [left, top, width, height] = [1, 3, 5, 7].map((by) => v.getUint16(at + by, true));
  return {
    width: Math.max(screen.width, left! + width!),
    height: Math.max(screen.height, top! + height!),
  };
}

/** RFC 9649 section 2. */
function webp(v: DataView): Pixels | undefined {
  switch (v.getUint32(12)) {
    case 0x56503858: { // VP8X: 24 bits each, less one
      const of = (at: number) => 1 + v.getUint16(at, true) + v.getUint8(at + 2) * 65_536;
      return { width: of(24), height: of(27) };
    }
    case 0x5650384c: { // VP8L: 14 bits each, less one
      const bits = v.getUint32(21, true);
      return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
    }
    case 0x56503820: // VP8: a key frame's header (RFC 6386 section 9.1)
      return { width: v.getUint16(26, true) & 0x3fff, height: v.getUint16(28, true) & 0x3fff };
    default:
      return undefined;
  }
}
