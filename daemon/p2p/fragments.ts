import { MAX_BODY, putU16, putU32, u16At, u32At } from "./datagram.ts";

/** Largest sealed frame a path carries, in bytes. */
export const MAX_FRAME = 2 * 1_024 * 1_024;
/** Frame sequence (4), index (2), count (2). */
export const FRAGMENT_HEADER = 8;
/** Frame bytes in every fragment but the last. */
export const FRAGMENT_BYTES = MAX_BODY - FRAGMENT_HEADER;
/** Most fragments of a frame. */
export const MAX_FRAGMENTS = Math.ceil(MAX_FRAME / FRAGMENT_BYTES);
/** Indices in one NACK, over all the frames it names. */
export const MAX_NACK_INDICES = 256;
/** Frames in one NACK. */
export const MAX_NACK_FRAMES = 4;

/** One piece of a frame. */
export interface Fragment {
  /** Counts the frames of a direction from 0; 32 bits. */
  sequence: number;
  index: number;
  count: number;
  payload: Uint8Array;
}

/** Reads a fragment's body; undefined when a size or number in it cannot be. */
export function readFragment(body: Uint8Array): Fragment | undefined {
  const length = body.length - FRAGMENT_HEADER;
  if (length < 1) return undefined;
  const index = u16At(body, 4);
  const count = u16At(body, 6);
  if (count < 1 || count > MAX_FRAGMENTS || index >= count) return undefined;
  // Only the last piece may be short, so that an index alone says where its bytes belong.
  if (index < count - 1 && length !== FRAGMENT_BYTES) return undefined;
  return { sequence: u32At(body, 0), index, count, payload: body.subarray(FRAGMENT_HEADER) };
}

/** Writes a fragment's body at `at`. */
export function putFragment(bytes: Uint8Array, at: number, fragment: Fragment): void {
  putU32(bytes, at, fragment.sequence);
  putU16(bytes, at + 4, fragment.index);
  putU16(bytes, at + 6, fragment.count);
  bytes.set(fragment.payload, at + FRAGMENT_HEADER);
}

/** Pieces of one frame that a receiver misses; no indices: all of it. */
export interface Missing {
  sequence: number;
  indices: number[];
}

/** A NACK's body. Takes at most what {@link MAX_NACK_FRAMES} and {@link MAX_NACK_INDICES} let. */
export function encodeNack(missing: readonly Missing[]): Uint8Array {
  const out = new Uint8Array(MAX_NACK_FRAMES * 6 + MAX_NACK_INDICES * 2);
  let at = 0;
  let left = MAX_NACK_INDICES;
  for (const { sequence, indices } of missing.slice(0, MAX_NACK_FRAMES)) {
    const taken = indices.slice(0, left);
    // Cut to nothing it would say "all of it".
    if (taken.length === 0 && indices.length > 0) break;
    left -= taken.length;
    putU32(out, at, sequence);
    putU16(out, at + 4, taken.length);
    at += 6;
    for (const index of taken) {
      putU16(out, at, index);
      at += 2;
    }
  }
  return out.subarray(0, at);
}

/** Reads a NACK's body; undefined when it is malformed or past its bounds. */
export function decodeNack(body: Uint8Array): Missing[] | undefined {
  const out: Missing[] = [];
  let at = 0;
  let left = MAX_NACK_INDICES;
  while (at < body.length) {
    if (out.length === MAX_NACK_FRAMES || body.length - at < 6) return undefined;
    const sequence = u32At(body, at);
    const count = u16At(body, at + 4);
    at += 6;
    left -= count;
    if (left < 0 || body.length - at < count * 2) return undefined;
    const indices: number[] = [];
    for (let i = 0; i < count; i++, at += 2) indices.push(u16At(body, at));
    out.push({ sequence, indices });
  }
  return out.length === 0 ? undefined : out;
}
