import type { Bytes } from "../base/mod.ts";
import { OpenError } from "../crypto/mod.ts";

const MAX_VALUE = (1n << 64n) - 1n;
/** Longest header in bytes: the config byte, an 8-byte key id and an 8-byte counter. */
export const MAX_HEADER = 17;

/** What stands in the clear before a ciphertext (RFC 9605 section 4.3). */
export interface SFrameHeader {
  /** Key id, 0…2^64 − 1. */
  kid: bigint;
  /** Counter, 0…2^64 − 1. */
  counter: bigint;
  /** Bytes the header takes. */
  length: number;
}

/** Bytes of the smallest big-endian form of `value`; 0 when it fits in the config byte itself. */
function lengthOf(value: bigint): number {
  if (value < 8n) return 0;
  let length = 1;
  while (value >> BigInt(8 * length) > 0n) length++;
  return length;
}

function config(value: bigint, length: number): number {
  return length === 0 ? Number(value) : 8 | (length - 1);
}

function write(out: Uint8Array, at: number, value: bigint, length: number): void {
  for (let i = at + length - 1, left = value; i >= at; i--, left >>= 8n) {
    out[i] = Number(left & 255n);
  }
}

/**
 * The header of a key id and a counter, in the one minimal form RFC 9605 section 4.3 allows.
 * @throws RangeError when either is not in 0…2^64 − 1
 */
export function encodeHeader(kid: bigint, counter: bigint): Bytes {
  for (const value of [kid, counter]) {
    if (value < 0n || value > MAX_VALUE) throw new RangeError(`${value} is not in 0…2^64 − 1`);
  }
  const kidLength = lengthOf(kid);
  const counterLength = lengthOf(counter);
  const out = new Uint8Array(1 + kidLength + counterLength);
  out[0] = config(kid, kidLength) << 4 | config(counter, counterLength);
  write(out, 1, kid, kidLength);
  write(out, 1 + kidLength, counter, counterLength);
  return out;
}

/**
 * Reads the header at the start of `bytes`.
 * @throws OpenError when it is cut short, or longer than the value needs: a second encoding of the
 *   same header must not exist (RFC 9605 section 4.3 "MUST be encoded with the minimum number")
 */
export function decodeHeader(bytes: Uint8Array): SFrameHeader {
  const first = bytes[0];
  if (first === undefined) throw new OpenError();
  let at = 1;
  const value = (bits: number): bigint => {
    if ((bits & 8) === 0) return BigInt(bits);
    const length = (bits & 7) + 1;
    if (bytes.length - at < length) throw new OpenError();
    let read = 0n;
    for (const end = at + length; at < end; at++) read = read << 8n | BigInt(bytes[at] ?? 0);
    if (lengthOf(read) !== length) throw new OpenError();
    return read;
  };
  const kid = value(first >> 4);
  const counter = value(first & 15);
  return { kid, counter, length: at };
}
