import { type Bytes, toHex, utf8 } from "../base/mod.ts";
import { ed25519, framed, type KeyPair, type Random, sha256 } from "../crypto/mod.ts";

/**
 * A person's keys on one device: the account key (made on the first device; signs device lists) and
 * this device's own key (signs bundles and handshakes). Both Ed25519, whatever suite sessions use.
 */
export interface Identity {
  readonly account: KeyPair;
  readonly device: KeyPair;
}

/** New keys for a person's first device. */
export function createIdentity(random: Random): Identity {
  return { account: ed25519.generate(random), device: ed25519.generate(random) };
}

/** 16 hex digits that name a device: the start of the hash of its public key. */
export function deviceIdOf(devicePublic: Uint8Array): string {
  return toHex(sha256(framed(utf8("simpp device id 2"), devicePublic)).subarray(0, 8));
}

/** 64 hex digits that name an account key, for invitations and display. */
export function fingerprintOf(accountPublic: Uint8Array): string {
  return toHex(sha256(framed(utf8("simpp account fingerprint 2"), accountPublic)));
}

/** Same bytes? For public values, where time tells nothing. */
export function samePublic(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
