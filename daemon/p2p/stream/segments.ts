import type { Bytes } from "../../base/mod.ts";
import { MAX_BODY, putU16, putU32, u16At, u32At } from "../datagram.ts";

/** Flags (1), offset (6). */
export const SEGMENT_HEADER = 7;
/** Stream bytes in a segment at most. */
export const SEGMENT_BYTES = MAX_BODY - SEGMENT_HEADER;
/** Ranges of datagram numbers in one acknowledgement at most. */
export const MAX_RANGES = 64;
/** Last offset of a stream. */
export const LAST_OFFSET = 2 ** 48 - 1;

const ACK_HEADER = 9;
const RANGE_BYTES = 10;
/** Acknowledgements tell their delay in so many ms. */
const DELAY_UNIT = 1 / 64;

/** Some bytes of a stream and where they belong. */
export interface Segment {
  offset: number;
  /** The stream ends with these bytes. */
  last: boolean;
  payload: Uint8Array;
}

/** Datagram numbers from `first` to `last`, both in. */
export interface NumberRange {
  first: number;
  last: number;
}

/** What a receiver says: which datagrams came, and up to where it has room. */
export interface Acknowledgement {
  /** The stream offset up to which bytes may be sent. */
  credit: number;
  /** How long the newest datagram waited for this, ms. */
  delayMs: number;
  /** Newest first, with gaps between them. */
  ranges: NumberRange[];
}

function putU48(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, Math.floor(value / 2 ** 32));
  putU32(bytes, at + 2, value % 2 ** 32);
}

function u48At(bytes: Uint8Array, at: number): number {
  return u16At(bytes, at) * 2 ** 32 + u32At(bytes, at + 2);
}

/** Writes a segment's body at `at`. */
export function putSegment(bytes: Uint8Array, at: number, segment: Segment): void {
  bytes[at] = segment.last ? 1 : 0;
  putU48(bytes, at + 1, segment.offset);
  bytes.set(segment.payload, at + SEGMENT_HEADER);
}

/** Reads a segment's body; undefined when it cannot be. Only the last segment may be empty. */
export function readSegment(body: Uint8Array): Segment | undefined {
  const length = body.length - SEGMENT_HEADER;
  if (length < 0 || body[0]! > 1) return undefined;
  const last = body[0] === 1;
  const offset = u48At(body, 1);
  if (length === 0 && !last || offset + length > LAST_OFFSET) return undefined;
  return { offset, last, payload: body.subarray(SEGMENT_HEADER) };
}

/** The body of an acknowledgement. Takes the first {@link MAX_RANGES} ranges. */
export function encodeAcknowledgement(acknowledgement: Acknowledgement): Bytes {
  const ranges = acknowledgement.ranges.slice(0, MAX_RANGES);
  const out = new Uint8Array(ACK_HEADER + ranges.length * RANGE_BYTES);
  putU48(out, 0, acknowledgement.credit);
  putU16(out, 6, Math.min(0xffff, Math.round(acknowledgement.delayMs / DELAY_UNIT)));
  out[8] = ranges.length;
  let at = ACK_HEADER;
  for (const { first, last } of ranges) {
    putU48(out, at, last);
    putU32(out, at + 6, Math.min(0xffff_ffff, last - first));
    at += RANGE_BYTES;
  }
  return out;
}

/** Reads the body of an acknowledgement; undefined when it is malformed or past its bounds. */
export function decodeAcknowledgement(body: Uint8Array): Acknowledgement | undefined {
  const count = body[8];
  if (count === undefined || count > MAX_RANGES) return undefined;
  if (body.length !== ACK_HEADER + count * RANGE_BYTES) return undefined;
  const ranges: NumberRange[] = [];
  let before = Infinity;
  for (let at = ACK_HEADER; at < body.length; at += RANGE_BYTES) {
    const last = u48At(body, at);
    const first = last - u32At(body, at + 6);
    // Falling, with a gap between: a second reading of the same ranges must not exist.
    if (first < 0 || last + 1 >= before) return undefined;
    ranges.push({ first, last });
    before = first;
  }
  return { credit: u48At(body, 0), delayMs: u16At(body, 6) * DELAY_UNIT, ranges };
}
