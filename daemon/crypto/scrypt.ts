import { scrypt } from "node:crypto";
import { type Bytes, KeyedLock, utf8 } from "../base/mod.ts";

/** What scrypt costs (RFC 7914): 128 · 2^logN · r bytes of memory, times p of work. */
export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MiB, a third of a second: what is asked of a passphrase that is chosen today. */
export const SCRYPT_COST: ScryptCost = { logN: 17, r: 8, p: 1 };

const turns = new KeyedLock();

/**
 * The 32-byte key of a passphrase (scrypt, RFC 7914, of its NFKC form in UTF-8). One is computed at
 * a time in the whole process, so that many who ask cannot take its memory.
 *
 * @throws RangeError when the cost is below 2^15 or past what a stored file may ask of us
 */
export function passphraseKey(
  passphrase: string,
  salt: Uint8Array,
  cost: ScryptCost,
): Promise<Bytes> {
  checkCost(cost);
  const { logN, r, p } = cost;
  const N = 2 ** logN;
  return turns.run("scrypt", () =>
    new Promise((resolve, reject) => {
      const options = { N, r, p, maxmem: 256 * N * r };
      scrypt(utf8(passphrase.normalize("NFKC")), salt, 32, options, (error, key) => {
        if (error) reject(error);
        else resolve(new Uint8Array(key));
      });
    }));
}

/** @throws RangeError outside logN 15 to 20, r 8, p 1 to 4: at most 1 GiB */
export function checkCost({ logN, r, p }: ScryptCost): void {
  const whole = [logN, r, p].every(Number.isInteger);
  if (whole && logN >= 15 && logN <= 20 && r === 8 && p >= 1 && p <= 4) return;
  throw new RangeError(`scrypt with logN ${logN}, r ${r}, p ${p}`);
}
