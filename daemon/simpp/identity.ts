import { type Bytes, toHex, utf8 } from "../base/mod.ts";
import {
  ed25519,
  framed,
  type KeyPair,
  type Random,
  sha256,
  type Suite,
  suite,
  SUITE_IDS,
  type SuiteId,
} from "../crypto/mod.ts";

/**
 * A person's keys on one device: the account key (made on the first device; signs device lists) and
 * this device's own key (signs bundles and handshakes). Both Ed25519, whatever suite sessions use.
 */
export interface Identity {
  readonly account: KeyPair;
  readonly device: KeyPair;
  /** Signing keys that the device key certifies, for suites that do not sign with it. */
  readonly certified: ReadonlyMap<SuiteId, CertifiedKey>;
}

/** A signing key of a suite, certified by the device key. */
export interface CertifiedKey extends KeyPair {
  readonly certificate: Bytes;
}

const CERTIFICATE = "simpp certificate 2";

/** Certifies a fresh signing key of `chosen` for a device. */
export function certifyKey(chosen: Suite, device: KeyPair, random: Random): CertifiedKey {
  const pair = chosen.signer.generate(random);
  const named = framed(utf8(chosen.id), pair.public);
  return { ...pair, certificate: ed25519.sign(device.secret, CERTIFICATE, named) };
}

/** Did the device key certify `key` for this suite? */
export function isCertified(
  chosen: Suite,
  device: Bytes,
  key: { public: Bytes; certificate: Bytes },
): boolean {
  const named = framed(utf8(chosen.id), key.public);
  return ed25519.verify(device, CERTIFICATE, named, key.certificate);
}

/** New keys for a person's first device. */
export function createIdentity(random: Random): Identity {
  const [account, device] = [ed25519.generate(random), ed25519.generate(random)];
  const others = SUITE_IDS.map(suite).filter(({ signsWithDeviceKey }) => !signsWithDeviceKey);
  const certified = new Map(others.map((each) => [each.id, certifyKey(each, device, random)]));
  return { account, device, certified };
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
