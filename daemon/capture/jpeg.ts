/** Longest side in pixels: a picture of a few bytes must not make a viewer allocate gigabytes. */
const MAX_SIDE = 4096;
const MAX_SEGMENTS = 256;
/** Progressive pictures have about ten; each one costs a viewer a pass over the whole picture. */
const MAX_SCANS = 32;

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DHT = 0xc4;
const JPG = 0xc8;
const DAC = 0xcc;
const SOF_PROGRESSIVE = 0xc2;

interface StartOfFrame {
  width: number;
  height: number;
  components: number;
}

function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== DHT && marker !== JPG && marker !== DAC;
}

/** ITU-T T.81 B.2.2: Huffman-coded, 8 bits, one component (grey) or three. */
function startOfFrame(marker: number, segment: Uint8Array): StartOfFrame | undefined {
  if (marker > SOF_PROGRESSIVE || segment.length < 6 || segment[0] !== 8) return undefined;
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  const [height, width] = [view.getUint16(1), view.getUint16(3)];
  const components = view.getUint8(5);
  if (components !== 1 && components !== 3) return undefined;
  if (segment.length !== 6 + 3 * components) return undefined;
  if (width < 1 || width > MAX_SIDE || height < 1 || height > MAX_SIDE) return undefined;
  return { width, height, components };
}

/** Position of the first marker at or after `at` that is neither stuffing nor a restart; −1. */
function endOfScan(bytes: Uint8Array, at: number): number {
  for (let i = bytes.indexOf(0xff, at); i >= 0; i = bytes.indexOf(0xff, i + 1)) {
    const next = bytes[i + 1];
    if (next === undefined) return -1;
    if (next !== 0x00 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return i;
  }
  return -1;
}

/**
 * Walks a JPEG picture from marker to marker (ITU-T T.81 annex B) without decoding it.
 * @returns its size in pixels, or undefined when it is not one whole baseline or progressive picture
 *   of at most 4096 pixels a side; only zero bytes may follow it
 */
export function validateJpeg(bytes: Uint8Array): { width: number; height: number } | undefined {
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== SOI) return undefined;
  let frame: StartOfFrame | undefined;
  let scans = 0;
  let at = 2;
  for (let segments = 0; segments < MAX_SEGMENTS; segments++) {
    if (bytes[at] !== 0xff) return undefined;
    while (bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1];
    if (marker === undefined) return undefined;
    at += 2;
    if (marker === EOI) {
      const whole = frame !== undefined && scans > 0 && bytes.subarray(at).every((b) => b === 0);
      return whole && frame ? { width: frame.width, height: frame.height } : undefined;
    }
    if (marker < 0xc0 || (marker >= 0xd0 && marker <= SOI)) return undefined;
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (length < 2 || at + length > bytes.length) return undefined;
    const segment = bytes.subarray(at + 2, at + length);
    at += length;
    if (isStartOfFrame(marker)) {
      if (frame !== undefined) return undefined;
      frame = startOfFrame(marker, segment);
      if (frame === undefined) return undefined;
    } else if (marker === SOS) {
      const components = segment[0] ?? 0;
      if (frame === undefined || components < 1 || components > frame.components) return undefined;
      if (segment.length !== 4 + 2 * components || ++scans > MAX_SCANS) return undefined;
      const end = endOfScan(bytes, at);
      if (end <= at) return undefined;
      at = end;
    }
  }
  return undefined;
}
