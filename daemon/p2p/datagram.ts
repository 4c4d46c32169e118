import type { Bytes } from "../base/mod.ts";
import { aesGcmOpen, aesGcmSeal, equal, hmacSha256 } from "../crypto/mod.ts";
import type { DirectionKeys } from "./keys.ts";
import { ReplayWindow } from "./replay.ts";

/** Largest datagram, in bytes: passes any path that carries IPv6 (RFC 8200 section 5), tunnelled. */
export const MAX_DATAGRAM = 1_200;
/** Version and type, call selector, number. */
export const HEADER_BYTES = 11;
/** HMAC-SHA-256 cut to eight bytes (RFC 2104 section 5). */
export const MAC_BYTES = 8;
/** What is left for a body. */
export const MAX_BODY = MAX_DATAGRAM - HEADER_BYTES - MAC_BYTES;

const VERSION = 1;
const LAST_NUMBER = 2 ** 48 - 1;

/** Datagram types (docs/protocol.md "Media datagrams"; 8 and 9: "Direct streams"). */
export const DatagramType = {
  tag: 1,
  fragment: 2,
  nack: 3,
  report: 4,
  ping: 5,
  pong: 6,
  bye: 7,
  segment: 8,
  acknowledgement: 9,
} as const;
export type DatagramType = typeof DatagramType[keyof typeof DatagramType];

/** Big-endian 16 bits at `at`. */
export function u16At(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}

/** Big-endian 32 bits at `at`. */
export function u32At(bytes: Uint8Array, at: number): number {
  return u16At(bytes, at) * 0x1_0000 + u16At(bytes, at + 2);
}

/** Writes `value` as big-endian 16 bits. */
export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Writes `value` as big-endian 32 bits. */
export function putU32(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, value >>> 16);
  putU16(bytes, at + 2, value);
}

/**
 * Whether `bytes` have the size and first byte of a datagram: the check that costs nothing and
 * comes before any other.
 */
export function looksLikeDatagram(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES + MAC_BYTES || bytes.length > MAX_DATAGRAM) return false;
  const type = bytes[0]! & 0x0f;
  return bytes[0]! >>> 4 === VERSION && type >= DatagramType.tag &&
    type <= DatagramType.acknowledgement;
}

// The number alone is nonce enough: it never comes twice under one direction's key.
function nonceOf(datagram: Uint8Array): Bytes {
  const nonce = new Uint8Array(12);
  nonce.set(datagram.subarray(5, HEADER_BYTES), 6);
  return nonce;
}

/** Makes the datagrams of one direction, each with the next number. */
export class DatagramWriter {
  #number = 0;
  readonly #keys: DirectionKeys;
  readonly #selector: Bytes;

  constructor(keys: DirectionKeys, selector: Bytes) {
    this.#keys = keys;
    this.#selector = selector;
  }

  /** The number of the datagram that is begun next. */
  get next(): number {
    return this.#number;
  }

  /**
   * A datagram with its header, its next number and room for `length` body bytes, to be filled from
   * {@link HEADER_BYTES} on and ended by {@link finish}.
   * @throws RangeError when the body is too long or every number was used
   */
  begin(type: DatagramType, length: number): Bytes {
    if (length > MAX_BODY) throw new RangeError(`body of ${length} bytes, ${MAX_BODY} fit`);
    if (this.#number > LAST_NUMBER) throw new RangeError("all datagram numbers of a path are used");
    const datagram = new Uint8Array(HEADER_BYTES + length + MAC_BYTES);
    datagram[0] = VERSION << 4 | type;
    datagram.set(this.#selector, 1);
    const number = this.#number++;
    putU16(datagram, 5, Math.floor(number / 2 ** 32));
    putU32(datagram, 7, number % 2 ** 32);
    return datagram;
  }

  /** Writes the MAC over everything before it. */
  finish(datagram: Bytes): Bytes {
    const end = datagram.length - MAC_BYTES;
    const mac = hmacSha256(this.#keys.mac, datagram.subarray(0, end));
    datagram.set(mac.subarray(0, MAC_BYTES), end);
    return datagram;
  }

  /** A whole datagram with `body` in clear. */
  clear(type: DatagramType, body: Uint8Array): Bytes {
    const datagram = this.begin(type, body.length);
    datagram.set(body, HEADER_BYTES);
    return this.finish(datagram);
  }

  /** A whole datagram with `body` sealed by AES-256-GCM, the header as associated data. */
  sealed(type: DatagramType, body: Uint8Array): Bytes {
    const datagram = this.begin(type, body.length + 16);
    const header = datagram.subarray(0, HEADER_BYTES);
    datagram.set(aesGcmSeal(this.#keys.seal, nonceOf(datagram), body, header), HEADER_BYTES);
    return this.finish(datagram);
  }
}

/** What a datagram turned out to be once its MAC was right and its number new. */
export interface Authentic {
  type: DatagramType;
  number: number;
  /** A view into the datagram, sealed still where the type is a sealed one. */
  body: Uint8Array;
  datagram: Uint8Array;
}

/** Checks the datagrams of one direction. */
export class DatagramReader {
  readonly #keys: DirectionKeys;
  readonly #selector: Bytes;
  readonly #window = new ReplayWindow();

  constructor(keys: DirectionKeys, selector: Bytes) {
    this.#keys = keys;
    this.#selector = selector;
  }

  /**
   * Cheap checks, then the MAC, then the number.
   * @returns "stray": not the peer's; "replay": the peer's, but it came before or far too late
   */
  read(datagram: Uint8Array): Authentic | "stray" | "replay" {
    if (!looksLikeDatagram(datagram)) return "stray";
    if (u32At(datagram, 1) !== u32At(this.#selector, 0)) return "stray";
    const end = datagram.length - MAC_BYTES;
    const mac = hmacSha256(this.#keys.mac, datagram.subarray(0, end));
    if (!equal(mac.subarray(0, MAC_BYTES), datagram.subarray(end))) return "stray";
    const number = u16At(datagram, 5) * 2 ** 32 + u32At(datagram, 7);
    if (!this.#window.accept(number)) return "replay";
    const type = (datagram[0]! & 0x0f) as DatagramType;
    return { type, number, body: datagram.subarray(HEADER_BYTES, end), datagram };
  }

  /** Opens the body of a sealed datagram. @throws OpenError */
  open(authentic: Authentic): Bytes {
    const header = authentic.datagram.subarray(0, HEADER_BYTES);
    return aesGcmOpen(this.#keys.seal, nonceOf(authentic.datagram), authentic.body, header);
  }
}
