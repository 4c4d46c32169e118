import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as shortSha256 } from "@noble/hashes/sha2.js";
import { type Bytes, concat } from "../base/mod.ts";

/** Up to so many bytes noble's HMAC takes half the time of node's, which pays for every call. */
const SHORT = 128;

function own(buffer: Uint8Array): Bytes {
  return new Uint8Array(buffer);
}

/** SHA-256 of the parts put together; 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Bytes {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return own(hash.digest());
}

/** SHA-512 of the parts put together; 64 bytes. */
export function sha512(...parts: readonly Uint8Array[]): Bytes {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  return own(hash.digest());
}

/** HMAC-SHA-256 (RFC 2104) of the parts put together; 32 bytes. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Bytes {
  if (parts.reduce((sum, part) => sum + part.length, 0) <= SHORT) {
    return hmac(shortSha256, key, concat(...parts)) as Bytes;
  }
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return own(mac.digest());
}

/** HKDF-SHA-256 (RFC 5869), extract then expand, to `length` bytes. */
export function hkdf(
  ikm: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
): Bytes {
  return new Uint8Array(hkdfSync("sha256", ikm, salt, info, length) as ArrayBuffer);
}

/** Equality in constant time; arrays of different length differ. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The parts behind their four-byte lengths: an encoding with one reading only. */
export function framed(...parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    out.set(part, at + 4);
    at += 4 + part.length;
  }
  return out;
}
