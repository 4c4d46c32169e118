import { type Bytes, SimppdError, utf8, WireWriter } from "../base/mod.ts";
import type { FrameCipher, Suite } from "./suite.ts";

/** Shortest base key in bytes: what the weakest suite's strength asks for. */
export const MIN_BASE_KEY = 16;

const EMPTY = new Uint8Array(0);

async function hkdf(
  hash: Suite["hash"],
  ikm: Bytes,
  info: Bytes,
  length: number,
): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", ikm, "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash, salt: EMPTY, info };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, length * 8));
}

function label(name: string, kid: bigint, suite: Suite): Bytes {
  const id = new Uint8Array(8);
  new DataView(id.buffer).setBigUint64(0, kid);
  return new WireWriter().raw(utf8(name)).raw(id).u16(suite.id).finish();
}

/** Key material and salt of one base key (RFC 9605 section 4.4.2). */
export async function deriveKeySalt(
  suite: Suite,
  kid: bigint,
  baseKey: Bytes,
): Promise<{ key: Bytes; salt: Bytes }> {
  const [key, salt] = await Promise.all([
    hkdf(suite.hash, baseKey, label("SFrame 1.0 Secret key ", kid, suite), suite.keyLength),
    hkdf(suite.hash, baseKey, label("SFrame 1.0 Secret salt ", kid, suite), suite.nonceLength),
  ]);
  return { key, salt };
}

/**
 * The next base key of a sender that rotates: one-way, so that the keys before stay unknown to who
 * learns it (RFC 9605 section 5.1). As long as `hash`, the suite's hash.
 */
export function nextBaseKey(baseKey: Bytes, hash: Suite["hash"] = "SHA-256"): Promise<Bytes> {
  return hkdf(hash, baseKey, utf8("SFrame 1.0 Ratchet"), hash === "SHA-256" ? 32 : 64);
}

/** A base key ready for use: its imported cipher and its salt. */
export class FrameKey {
  readonly kid: bigint;
  readonly suite: Suite;
  readonly cipher: FrameCipher;
  readonly #salt: Bytes;

  private constructor(suite: Suite, kid: bigint, cipher: FrameCipher, salt: Bytes) {
    this.suite = suite;
    this.kid = kid;
    this.cipher = cipher;
    this.#salt = salt;
  }

  /** @throws SimppdError `bad-key` when the key id or the length of the base key is out of range */
  static async derive(suite: Suite, kid: number, baseKey: Bytes): Promise<FrameKey> {
    if (!Number.isSafeInteger(kid) || kid < 0) {
      throw new SimppdError(
        "bad-key",
        `A key id is a whole number from 0 to 2^53 − 1, not ${kid}.`,
      );
    }
    if (baseKey.length < MIN_BASE_KEY) {
      throw new SimppdError(
        "bad-key",
        `A base key has ${MIN_BASE_KEY} bytes or more, not ${baseKey.length}.`,
      );
    }
    const { key, salt } = await deriveKeySalt(suite, BigInt(kid), baseKey);
    return new FrameKey(suite, BigInt(kid), await suite.importKey(key), salt);
  }

  /** The salt XOR the counter, right-aligned (RFC 9605 section 4.4.3). */
  nonce(counter: number): Bytes {
    const nonce = this.#salt.slice();
    const view = new DataView(nonce.buffer, nonce.length - 8);
    view.setBigUint64(0, view.getBigUint64(0) ^ BigInt(counter));
    return nonce;
  }
}
