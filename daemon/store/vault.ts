import { type Bytes, concat, utf8 } from "../base/mod.ts";
import { aesGcmOpen, aesGcmSeal, hkdf, OpenError, type Random } from "../crypto/mod.ts";

const SALT = 16;
const ZERO_NONCE = new Uint8Array(12);

/**
 * Seals what lies in the database: each value under a key of its own, derived from the master key
 * and a random salt, and bound to `place` (table and row), so that no value can be moved.
 */
export class Vault {
  readonly #master: Bytes;
  readonly #random: Random;

  /** @param master 32 bytes, kept outside the database */
  constructor(master: Bytes, random: Random) {
    this.#master = master;
    this.#random = random;
  }

  seal(place: string, value: Uint8Array): Bytes {
    const salt = this.#random(SALT);
    const key = hkdf(this.#master, salt, utf8(`simppd at rest 1 ${place}`), 32);
    return concat(salt, aesGcmSeal(key, ZERO_NONCE, value, utf8(place)));
  }

  /** @throws OpenError when the value was changed, moved, or sealed under another master key */
  open(place: string, sealed: Uint8Array): Bytes {
    if (sealed.length < SALT) throw new OpenError();
    const salt = sealed.subarray(0, SALT);
    const key = hkdf(this.#master, salt, utf8(`simppd at rest 1 ${place}`), 32);
    return aesGcmOpen(key, ZERO_NONCE, sealed.subarray(SALT), utf8(place));
  }
}
