import { createHmac } from "node:crypto";
import { isIPv4 } from "node:net";
import { crc32 } from "node:zlib";
import { type Bytes, concat } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { canonicalHost } from "./candidates.ts";
import { putU16, putU32, u16At, u32At } from "./datagram.ts";

/** Largest STUN message taken or made, in bytes: a datagram of a call in a Data indication fits. */
export const MAX_STUN = 1_500;
/** Attributes in one message at most. */
const MAX_ATTRIBUTES = 32;
const HEADER = 20;
const COOKIE = 0x2112_a442;
const FINGERPRINT_XOR = 0x5354_554e;
const SHA1_BYTES = 20;
const SHA256_BYTES = 32;

/** Message classes (RFC 8489 section 5). */
export const StunClass = { request: 0, indication: 1, success: 2, error: 3 } as const;
export type StunClass = typeof StunClass[keyof typeof StunClass];

/** Methods of STUN (RFC 8489 section 18.2) and TURN (RFC 8656 section 17). */
export const StunMethod = {
  binding: 1,
  allocate: 3,
  refresh: 4,
  send: 6,
  data: 7,
  createPermission: 8,
  channelBind: 9,
} as const;
export type StunMethod = typeof StunMethod[keyof typeof StunMethod];

/** Attribute types (RFC 8489 section 18.3, RFC 8656 section 18). */
export const StunAttribute = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  channelNumber: 0x000c,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedTransport: 0x0019,
  messageIntegritySha256: 0x001c,
  passwordAlgorithm: 0x001d,
  xorMappedAddress: 0x0020,
  passwordAlgorithms: 0x8002,
  fingerprint: 0x8028,
} as const;

/** Besides those above: required ones that say nothing to us and may come. */
const PASSED_OVER = [0x0001, 0x000a, 0x0017, 0x0018, 0x001a, 0x001e, 0x0022];
const UNDERSTOOD = new Set<number>([...Object.values(StunAttribute), ...PASSED_OVER]);

/** A type and the bytes of its value. */
export type StunAttributeValue = readonly [type: number, value: Uint8Array];

/** A STUN message that was read. */
export interface StunMessage {
  readonly class: StunClass;
  readonly method: number;
  /** 12 bytes. */
  readonly transaction: Bytes;
  /** The first attribute of each type that counts. */
  readonly attributes: ReadonlyMap<number, Uint8Array>;
  /** It has attributes that must be understood and are not (RFC 8489 section 14). */
  readonly strange: boolean;
  /** Where its integrity attributes begin, by their type. */
  readonly integrity: ReadonlyMap<number, number>;
  readonly bytes: Uint8Array;
}

/** By what a message's integrity is made and checked. */
export interface StunKey {
  readonly key: Uint8Array;
  /** SHA-256 instead of SHA-1, with the attribute of its own. */
  readonly sha256: boolean;
}

/** Whether `bytes` begin like a STUN message (RFC 7983). */
export function looksLikeStun(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER && bytes.length <= MAX_STUN && bytes[0]! < 4 &&
    u32At(bytes, 4) === COOKIE;
}

/**
 * Writes a message; integrity and fingerprint come last (RFC 8489 sections 14.5 to 14.7).
 * @param transaction 12 bytes
 * @throws RangeError when it would pass {@link MAX_STUN}
 */
export function encodeStun(
  { method, class: kind, transaction }: Pick<StunMessage, "method" | "class" | "transaction">,
  attributes: readonly StunAttributeValue[],
  { key, fingerprint = true }: { key?: StunKey; fingerprint?: boolean } = {},
): Bytes {
  const header = new Uint8Array(HEADER);
  const spread = (method & 0xf80) << 2 | (method & 0x70) << 1 | method & 0x0f;
  putU16(header, 0, spread | (kind & 2) << 7 | (kind & 1) << 4);
  putU32(header, 4, COOKIE);
  header.set(transaction, 8);
  let bytes = concat(header, ...attributes.map(([type, value]) => attribute(type, value)));
  putU16(bytes, 2, bytes.length - HEADER);
  if (key !== undefined) {
    const mac = integrityOf(bytes, bytes.length, key);
    bytes = append(bytes, integrityType(key), mac);
  }
  if (fingerprint) {
    const value = new Uint8Array(4);
    bytes = append(bytes, StunAttribute.fingerprint, value);
    putU32(bytes, bytes.length - 4, fingerprintOf(bytes, bytes.length - 8));
  }
  if (bytes.length > MAX_STUN) throw new RangeError(`STUN message of ${bytes.length} bytes`);
  return bytes;
}

/**
 * Reads a message: whole, within bounds, its fingerprint right where it has one. What comes after
 * an integrity attribute and is not covered by it does not count.
 */
export function decodeStun(bytes: Uint8Array): StunMessage | undefined {
  if (!looksLikeStun(bytes) || u16At(bytes, 2) !== bytes.length - HEADER) return undefined;
  const attributes = new Map<number, Uint8Array>();
  const integrity = new Map<number, number>();
  let strange = false;
  for (let at = HEADER, count = 0; at < bytes.length; count++) {
    if (count >= MAX_ATTRIBUTES || at + 4 > bytes.length) return undefined;
    const [type, length] = [u16At(bytes, at), u16At(bytes, at + 2)];
    const next = at + 4 + length + padding(length);
    if (next > bytes.length) return undefined;
    const value = bytes.subarray(at + 4, at + 4 + length);
    if (type === StunAttribute.fingerprint) {
      const last = next === bytes.length && length === 4;
      if (!last || u32At(value, 0) !== fingerprintOf(bytes, at)) return undefined;
    } else if (isIntegrity(type)) {
      if (length !== integrityBytes(type)) return undefined;
      if (!integrity.has(type)) integrity.set(type, at);
    } else if (integrity.size === 0) {
      if (type < 0x8000 && !UNDERSTOOD.has(type)) strange = true;
      if (!attributes.has(type)) attributes.set(type, value);
    }
    at = next;
  }
  const type = u16At(bytes, 0);
  return {
    class: (type >> 7 & 2 | type >> 4 & 1) as StunClass,
    method: type >> 2 & 0xf80 | type >> 1 & 0x70 | type & 0x0f,
    transaction: new Uint8Array(bytes.subarray(8, HEADER)),
    attributes,
    strange,
    integrity,
    bytes,
  };
}

/** Whether a message has the integrity attribute of this key, and it is right. */
export function verifyStun({ bytes, integrity }: StunMessage, key: StunKey): boolean {
  const type = integrityType(key);
  const at = integrity.get(type);
  if (at === undefined) return false;
  const given = bytes.subarray(at + 4, at + 4 + integrityBytes(type));
  return equal(given, integrityOf(bytes, at, key));
}

/** Code and reason of an error response (RFC 8489 section 14.8); undefined when it has none. */
export function stunError({ attributes }: StunMessage): number | undefined {
  const value = attributes.get(StunAttribute.errorCode);
  if (value === undefined || value.length < 4) return undefined;
  const [hundreds, rest] = [value[2]! & 7, value[3]!];
  return hundreds < 3 || hundreds > 6 || rest > 99 ? undefined : hundreds * 100 + rest;
}

/** Writes an address XORed (RFC 8489 section 14.2). @param host canonical */
export function encodeXorAddress(host: string, port: number, transaction: Uint8Array): Bytes {
  const address = isIPv4(host)
    ? Uint8Array.from(host.split("."), Number)
    : Uint8Array.from(v6Words(host).flatMap((word) => [word >> 8, word & 0xff]));
  const value = new Uint8Array(4 + address.length);
  value[1] = address.length === 4 ? 1 : 2;
  putU16(value, 2, port ^ COOKIE >>> 16);
  value.set(xored(address, transaction), 4);
  return value;
}

/** Reads one; undefined for anything that is no unicast address and port. */
export function decodeXorAddress(
  value: Uint8Array | undefined,
  transaction: Uint8Array,
): { host: string; port: number } | undefined {
  if (value === undefined || value.length < 8) return undefined;
  if (value.length !== (value[1] === 1 ? 8 : value[1] === 2 ? 20 : 0)) return undefined;
  const port = u16At(value, 2) ^ COOKIE >>> 16;
  const address = xored(value.subarray(4), transaction);
  const text = address.length === 4
    ? address.join(".")
    : Array.from({ length: 8 }, (_, i) => u16At(address, 2 * i).toString(16)).join(":");
  const host = canonicalHost(text);
  return host === undefined || port === 0 ? undefined : { host, port };
}

function xored(address: Uint8Array, transaction: Uint8Array): Uint8Array {
  const mask = new Uint8Array(16);
  putU32(mask, 0, COOKIE);
  mask.set(transaction, 4);
  return address.map((byte, i) => byte ^ mask[i]!);
}

/** The eight words of an IPv6 address in canonical form. */
function v6Words(host: string): number[] {
  const [head = "", tail] = host.split("::");
  const words = (text: string) => text === "" ? [] : text.split(":").map((it) => parseInt(it, 16));
  const [first, last] = [words(head), words(tail ?? "")];
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

function attribute(type: number, value: Uint8Array): Bytes {
  const bytes = new Uint8Array(4 + value.length + padding(value.length));
  putU16(bytes, 0, type);
  putU16(bytes, 2, value.length);
  bytes.set(value, 4);
  return bytes;
}

function append(bytes: Bytes, type: number, value: Uint8Array): Bytes {
  const all = concat(bytes, attribute(type, value));
  putU16(all, 2, all.length - HEADER);
  return all;
}

function padding(length: number): number {
  return -length & 3;
}

function isIntegrity(type: number): boolean {
  return type === StunAttribute.messageIntegrity || type === StunAttribute.messageIntegritySha256;
}

function integrityType({ sha256 }: StunKey): number {
  return sha256 ? StunAttribute.messageIntegritySha256 : StunAttribute.messageIntegrity;
}

function integrityBytes(type: number): number {
  return type === StunAttribute.messageIntegrity ? SHA1_BYTES : SHA256_BYTES;
}

/** HMAC of what is before `at`, with the length the message has up to the attribute itself. */
function integrityOf(bytes: Uint8Array, at: number, key: StunKey): Uint8Array {
  const covered = bytes.slice(0, at);
  putU16(covered, 2, at - HEADER + 4 + integrityBytes(integrityType(key)));
  return createHmac(key.sha256 ? "sha256" : "sha1", key.key).update(covered).digest();
}

function fingerprintOf(bytes: Uint8Array, at: number): number {
  return (crc32(bytes.subarray(0, at)) ^ FINGERPRINT_XOR) >>> 0;
}
