import { concat } from "../base/mod.ts";
import { validateJpeg } from "../capture/mod.ts";

/** Version 1, type 2: a fragment of a frame (docs/protocol.md "Datagram"). */
const FRAGMENT = 0x12;
/** Version and type, selector, number. */
const HEADER = 11;
const FRAGMENT_HEADER = 8;
const MAC = 8;

/**
 * What an attacker makes of recorded datagrams of one direction: the fragments' numbers stand in
 * clear, so frames can be put together as the receiver does. What is in them is another matter.
 */
export function frames(datagrams: readonly Uint8Array[]): Uint8Array[] {
  const parts = new Map<number, { count: number; pieces: Map<number, Uint8Array> }>();
  for (const datagram of datagrams) {
    if (datagram[0] !== FRAGMENT || datagram.length <= HEADER + FRAGMENT_HEADER + MAC) continue;
    const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
    const [sequence, index] = [view.getUint32(HEADER), view.getUint16(HEADER + 4)];
    const frame = parts.get(sequence) ??
      { count: view.getUint16(HEADER + 6), pieces: new Map<number, Uint8Array>() };
    parts.set(sequence, frame);
    frame.pieces.set(
      index,
      datagram.subarray(HEADER + FRAGMENT_HEADER, datagram.length - MAC),
    );
  }
  return [...parts.values()].flatMap(({ count, pieces }) =>
    pieces.size === count
      ? [concat(...Array.from({ length: count }, (_, at) => pieces.get(at) ?? new Uint8Array(0)))]
      : []
  );
}

/** Whole JPEG pictures anywhere in `bytes`, found by their markers (ITU-T T.81 annex B). */
export function carve(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] !== 0xd8 || bytes[at + 2] !== 0xff) continue;
    const end = endOfPicture(bytes, at);
    if (end > at) {
      found.push(bytes.subarray(at, end));
      at = end - 1;
    }
  }
  return found;
}

/** Where the picture that begins at `start` ends, if a whole one does. */
function endOfPicture(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(0xd9, start + 2); at >= 0; at = bytes.indexOf(0xd9, at + 1)) {
    if (bytes[at - 1] !== 0xff) continue;
    if (validateJpeg(bytes.subarray(start, at + 1)) !== undefined) return at + 1;
    if (at - start > 2 * 1024 * 1024) return -1;
  }
  return -1;
}
