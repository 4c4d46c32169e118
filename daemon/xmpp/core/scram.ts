import { createHash, createHmac } from "node:crypto";
import { type Bytes, toBase64Url, utf8 } from "../../base/mod.ts";
import { SaslError } from "./sasl_error.ts";
import { saslprep } from "./saslprep.ts";

export type ScramHash = "sha-1" | "sha-256";
export type ScramMechanism =
  | "SCRAM-SHA-1"
  | "SCRAM-SHA-1-PLUS"
  | "SCRAM-SHA-256"
  | "SCRAM-SHA-256-PLUS";

/** Fewest rounds of PBKDF2 that are accepted (RFC 7677 section 4). */
export const MIN_ITERATIONS = 4096;
/** Most rounds: more would let a server keep the client's processor busy. */
export const MAX_ITERATIONS = 1_000_000;

/** What a server keeps of a password (RFC 5802 section 3). */
export interface ScramKeys {
  readonly storedKey: Bytes;
  readonly serverKey: Bytes;
}

/** The certificate hash both ends of a TLS connection know (RFC 5929 section 4). */
export interface ChannelBinding {
  readonly type: "tls-server-end-point";
  readonly data: Uint8Array;
}

/** SCRAM failed. */
export class ScramError extends SaslError {
  override readonly name = "ScramError";
}

/** A fresh nonce of 144 bits; the usual `nonceSource`. */
export function scramNonce(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(18)));
}

/** The hash of a mechanism. */
export function hashOf(mechanism: ScramMechanism): ScramHash {
  return mechanism.startsWith("SCRAM-SHA-256") ? "sha-256" : "sha-1";
}

/** StoredKey and ServerKey of a password, off this thread (RFC 5802 section 3). */
export async function scramDerive(
  hash: ScramHash,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<ScramKeys> {
  const salted = await saltedPassword(hash, password, salt, iterations);
  return {
    storedKey: digest(hash, hmac(hash, salted, "Client Key")),
    serverKey: hmac(hash, salted, "Server Key"),
  };
}

/** Hi(password, salt, i) of RFC 5802: PBKDF2 of the prepared password. */
export async function saltedPassword(
  hash: ScramHash,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", utf8(saslprep(password)), "PBKDF2", false, [
    "deriveBits",
  ]);
  const bits = hash === "sha-256" ? 256 : 160;
  const params = {
    name: "PBKDF2",
    hash: hash.toUpperCase(),
    salt: new Uint8Array(salt),
    iterations,
  };
  return new Uint8Array(await crypto.subtle.deriveBits(params, key, bits));
}

/** H(data) */
export function digest(hash: ScramHash, data: Uint8Array): Bytes {
  return new Uint8Array(createHash(hash.replace("-", "")).update(data).digest());
}

/** HMAC(key, text) */
export function hmac(hash: ScramHash, key: Uint8Array, text: string): Bytes {
  return new Uint8Array(createHmac(hash.replace("-", ""), key).update(text).digest());
}

/** a XOR b, of one length. */
export function xor(a: Uint8Array, b: Uint8Array): Bytes {
  return Uint8Array.from(a, (byte, i) => byte ^ b[i]!);
}

/**
 * The attributes of a SCRAM message, in order, exactly these keys; unknown ones may only follow.
 * `undefined` when the message is something else. `m=` (mandatory extension) is never accepted.
 */
export function attributes(message: string, keys: string): string[] | undefined {
  const parts = message.split(",");
  if (parts.length < keys.length || parts.some((part) => !/^[A-Za-z]=/.test(part))) {
    return undefined;
  }
  if (parts.some((part) => part.startsWith("m="))) return undefined;
  for (let i = 0; i < keys.length; i++) {
    if (parts[i]![0] !== keys[i]) return undefined;
  }
  return parts.slice(0, keys.length).map((part) => part.slice(2));
}
