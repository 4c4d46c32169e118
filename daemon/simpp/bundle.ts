import { type Bytes, WireReader, WireWriter } from "../base/mod.ts";
import { ed25519, type KeyPair, sha256 } from "../crypto/mod.ts";
import { SimppError } from "./errors.ts";

const LABEL = "simpp bundle 2";
const VERSION = 2;
/** design bound; a post-quantum bundle is about 1.4 KB. */
export const MAX_BUNDLE = 16_384;
export const MAX_ONE_TIME = 20;

/** A published half of a prekey. */
export interface PublicPrekey {
  /** Of a suite's `prekeyKinds`; kinds no suite here knows are passed over. */
  readonly kind: number;
  readonly id: number;
  readonly public: Bytes;
}

/** What somebody needs to open a session with a device that may be offline. */
export interface Bundle {
  readonly device: Bytes;
  /** Grows with every publication. */
  readonly counter: number;
  /** Seconds since 1970. */
  readonly expires: number;
  /** Codes of the suites this device's policy allows. */
  readonly suites: readonly number[];
  /** Signed prekeys, one a kind; they serve as last resort too. */
  readonly prekeys: readonly PublicPrekey[];
  /** Ids of the one-time prekeys that can be fetched singly. */
  readonly oneTime: readonly number[];
  readonly encoded: Bytes;
  /** SHA-256 of `encoded`; goes into the handshake's signatures. */
  readonly hash: Bytes;
}

/** Signs a bundle with the device key (docs/protocol.md "Bundle"). */
export function signBundle(
  device: KeyPair,
  content: Pick<Bundle, "counter" | "expires" | "suites" | "prekeys" | "oneTime">,
): Bundle {
  const writer = new WireWriter().u8(VERSION).raw(device.public).u32(content.counter)
    .u64(content.expires).bytes(Uint8Array.from(content.suites)).u8(content.prekeys.length);
  for (const prekey of content.prekeys) writer.u8(prekey.kind).u32(prekey.id).bytes(prekey.public);
  writer.u8(content.oneTime.length);
  for (const id of content.oneTime) writer.u32(id);
  const body = writer.finish();
  const encoded = new WireWriter().raw(body).raw(ed25519.sign(device.secret, LABEL, body)).finish();
  return { ...content, device: device.public, encoded, hash: sha256(encoded) };
}

/**
 * @param device the key the trusted device list names; a bundle signed by another is refused
 * @param now seconds since 1970
 * @throws SimppError `bad-bundle` or `bundle-expired`
 */
export function readBundle(encoded: Uint8Array, device: Bytes, now: number): Bundle {
  const refuse = (cause?: unknown) =>
    new SimppError("bad-bundle", "The contact's published keys are damaged or forged.", cause);
  if (encoded.length > MAX_BUNDLE || encoded.length < 64) throw refuse();
  const body = encoded.subarray(0, encoded.length - 64);
  if (!ed25519.verify(device, LABEL, body, encoded.subarray(encoded.length - 64))) throw refuse();
  const bundle = parse(body, encoded, device, refuse);
  if (bundle.expires <= now) {
    throw new SimppError(
      "bundle-expired",
      "The contact's published keys have expired; their device must come online to renew them.",
    );
  }
  return bundle;
}

function parse(
  body: Uint8Array,
  encoded: Uint8Array,
  device: Bytes,
  refuse: (cause?: unknown) => SimppError,
): Bundle {
  try {
    const reader = new WireReader(body);
    if (reader.u8() !== VERSION) throw refuse();
    const named = reader.raw(32);
    if (!named.every((byte, at) => byte === device[at])) throw refuse();
    const counter = reader.u32();
    const expires = reader.u64();
    const suites = [...reader.bytes()];
    const prekeys = Array.from(
      { length: reader.u8() },
      () => ({ kind: reader.u8(), id: reader.u32(), public: reader.bytes() }),
    );
    const count = reader.u8();
    if (count > MAX_ONE_TIME) throw refuse();
    const oneTime = Array.from({ length: count }, () => reader.u32());
    reader.end();
    const hash = sha256(encoded);
    const copy = new Uint8Array(encoded);
    return { device, counter, expires, suites, prekeys, oneTime, encoded: copy, hash };
  } catch (error) {
    throw error instanceof SimppError ? error : refuse(error);
  }
}
