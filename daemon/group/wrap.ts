import { type Bytes, utf8, WireReader } from "../base/mod.ts";
import { aesGcmOpen, aesGcmSeal, hkdf, OpenError, type Random } from "../crypto/mod.ts";

/** Which key: a node's id, never used again within a graph's life, and how often it was replaced. */
export interface KeyName {
  readonly node: number;
  readonly version: number;
}

/** A key with its name. */
export interface NamedKey extends KeyName {
  readonly key: Bytes;
}

/** `key`, sealed for whoever holds `under`. */
export interface Wrap {
  readonly key: KeyName;
  readonly under: KeyName;
  /** Nonce (12), AES-256-GCM ciphertext (32), tag (16): {@link SEALED} bytes. */
  readonly sealed: Bytes;
}

/** Bytes of every key of a key graph. */
export const KEY_LENGTH = 32;
/** Bytes of a group's id. */
export const GROUP_ID_LENGTH = 16;
const NONCE = 12;
const TAG = 16;
const SEALED = NONCE + KEY_LENGTH + TAG;
const WRAP = 4 * 4 + SEALED;
/** Wraps a message may have: enough to give a group of the largest size new keys throughout. */
export const MOST_WRAPS = 1 << 18;

const LABEL = utf8("simppd key graph wrap 1");
/** Where the names begin in the associated data. */
const NAMES = LABEL.length + GROUP_ID_LENGTH + 8;
const LEAF = utf8("simppd key graph leaf 1");

/**
 * The key of a member's leaf, so that the individual key itself encrypts nothing. It does not depend
 * on the group's id: a graph may go on under another one (`KeyGraph.renewAll`).
 */
export function leafKey(individualKey: Bytes): Bytes {
  return hkdf(individualKey, new Uint8Array(0), LEAF, KEY_LENGTH);
}

/** Associated data of an epoch's wraps, 63 bytes: label, group, epoch, and room for both names. */
function contextOf(group: Bytes, epoch: number): Bytes {
  const out = new Uint8Array(NAMES + 16);
  out.set(LABEL);
  out.set(group, LABEL.length);
  const view = new DataView(out.buffer);
  view.setUint32(NAMES - 8, Math.floor(epoch / 2 ** 32));
  view.setUint32(NAMES - 4, epoch >>> 0);
  return out;
}

/** Writes both names behind the epoch. */
function nameIn(view: DataView, key: KeyName, under: KeyName): void {
  view.setUint32(NAMES, key.node);
  view.setUint32(NAMES + 4, key.version);
  view.setUint32(NAMES + 8, under.node);
  view.setUint32(NAMES + 12, under.version);
}

/**
 * Seals keys for one epoch of a group and counts how often it did. Nonces are random, 96 bits:
 * unlike a counter they do not repeat when a server is put back to an older state, and a key would
 * have to wrap 2^32 others before a repetition had a chance of 2^-33.
 */
export class Wrapper {
  #count = 0;
  #nonces: Bytes = new Uint8Array(0);
  /** One for all wraps: a cipher has read it before the next one's names are written. */
  readonly #context: Bytes;
  readonly #view: DataView;
  readonly #random: Random;

  constructor(group: Bytes, epoch: number, random: Random) {
    this.#context = contextOf(group, epoch);
    this.#view = new DataView(this.#context.buffer);
    this.#random = random;
  }

  /** Encryptions made. */
  get count(): number {
    return this.#count;
  }

  /** `key` for whoever holds `under`. */
  seal(key: NamedKey, under: NamedKey): Wrap {
    if (this.#nonces.length < NONCE) this.#nonces = this.#random(32 * NONCE);
    const nonce = this.#nonces.subarray(0, NONCE);
    this.#nonces = this.#nonces.subarray(NONCE);
    const name = { node: key.node, version: key.version };
    const below = { node: under.node, version: under.version };
    nameIn(this.#view, name, below);
    const sealed = new Uint8Array(SEALED);
    sealed.set(nonce);
    sealed.set(aesGcmSeal(under.key, nonce, key.key, this.#context), NONCE);
    this.#count++;
    return { key: name, under: below, sealed };
  }
}

/** The key in `wrap`, with the key it is under. @throws OpenError when anything of it is not as sealed */
export function openWrap(group: Bytes, epoch: number, wrap: Wrap, under: Bytes): Bytes {
  if (wrap.sealed.length !== SEALED) throw new OpenError();
  const aad = contextOf(group, epoch);
  nameIn(new DataView(aad.buffer), wrap.key, wrap.under);
  const nonce = wrap.sealed.subarray(0, NONCE);
  return aesGcmOpen(under, nonce, wrap.sealed.subarray(NONCE), aad);
}

/**
 * Wraps as bytes: u32 count, then each as u32 node and version of the key, u32 node and version of
 * the key it is under, and the 60 sealed bytes.
 */
export function encodeWraps(wraps: readonly Wrap[]): Bytes {
  const out = new Uint8Array(4 + wraps.length * WRAP);
  const view = new DataView(out.buffer);
  view.setUint32(0, wraps.length);
  let at = 4;
  for (const { key, under, sealed } of wraps) {
    view.setUint32(at, key.node);
    view.setUint32(at + 4, key.version);
    view.setUint32(at + 8, under.node);
    view.setUint32(at + 12, under.version);
    out.set(sealed, at + 16);
    at += WRAP;
  }
  return out;
}

/**
 * Reads what {@link encodeWraps} wrote.
 * @param most wraps taken at most
 * @throws RangeError when the bytes are anything else
 */
export function decodeWraps(bytes: Uint8Array, most = MOST_WRAPS): Wrap[] {
  const reader = new WireReader(bytes);
  const count = reader.u32();
  if (count > most) throw new RangeError(`${count} wraps, at most ${most} are taken`);
  if (reader.left !== count * WRAP) {
    throw new RangeError(`${count} wraps are ${count * WRAP} bytes, ${reader.left} came`);
  }
  const name = () => ({ node: reader.u32(), version: reader.u32() });
  return Array.from({ length: count }, () => {
    const key = name();
    const under = name();
    return { key, under, sealed: reader.raw(SEALED) };
  });
}
