import { type Bytes, concat, utf8 } from "../base/mod.ts";
import { aesGcmOpen, aesGcmSeal, hkdf, OpenError, type Random } from "../crypto/mod.ts";

const SALT = 16;
const ZERO_NONCE = new Uint8Array(12);
const PURPOSE = utf8("simppd at rest 1 ");

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
    const bound = utf8(place);
    return concat(salt, aesGcmSeal(this.#key(salt, bound), ZERO_NONCE, value, bound));
  }

  /** @throws OpenError when the value was changed, moved, or sealed under another master key */
  open(place: string, sealed: Uint8Array): Bytes {
    if (sealed.length < SALT) throw new OpenError();
    const salt = sealed.subarray(0, SALT);
    const bound = utf8(place);
    return aesGcmOpen(this.#key(salt, bound), ZERO_NONCE, sealed.subarray(SALT), bound);
  }

  #key(salt: Uint8Array, place: Bytes): Bytes {
    return hkdf(this.#master, salt, concat(PURPOSE, place), 32);
  }
}
