import type { Bytes } from "../base/mod.ts";
import { OpenError } from "./errors.ts";
import type { Kem } from "./keys.ts";

/** What WebCrypto offers for ML-KEM and TypeScript's types do not know yet. */
interface KemSubtle {
  importKey(
    format: "raw-seed" | "raw-public",
    key: Bytes,
    algorithm: { name: "ML-KEM-768" },
    extractable: boolean,
    usages: ("encapsulateBits" | "decapsulateBits")[],
  ): Promise<CryptoKey>;
  exportKey(format: "raw-public", key: CryptoKey): Promise<ArrayBuffer>;
  getPublicKey(key: CryptoKey, usages: "encapsulateBits"[]): Promise<CryptoKey>;
  encapsulateBits(
    algorithm: { name: "ML-KEM-768" },
    key: CryptoKey,
  ): Promise<{ sharedKey: ArrayBuffer; ciphertext: ArrayBuffer }>;
  decapsulateBits(
    algorithm: { name: "ML-KEM-768" },
    key: CryptoKey,
    ciphertext: Bytes,
  ): Promise<ArrayBuffer>;
}

const subtle = crypto.subtle as unknown as KemSubtle;
const ALGORITHM = { name: "ML-KEM-768" } as const;

function seedKey(seed: Bytes): Promise<CryptoKey> {
  return subtle.importKey("raw-seed", seed, ALGORITHM, true, ["decapsulateBits"]);
}

/** ML-KEM-768 (FIPS 203); a key pair's `secret` is its 64-byte seed. */
export const mlkem768: Kem = {
  publicLength: 1184,
  ciphertextLength: 1088,
  async generate(random) {
    const secret = random(64);
    const key = await subtle.getPublicKey(await seedKey(secret), ["encapsulateBits"]);
    return { secret, public: new Uint8Array(await subtle.exportKey("raw-public", key)) };
  },
  async encapsulate(theirs) {
    try {
      const bytes = new Uint8Array(theirs);
      const key = await subtle.importKey("raw-public", bytes, ALGORITHM, true, ["encapsulateBits"]);
      const { sharedKey, ciphertext } = await subtle.encapsulateBits(ALGORITHM, key);
      return { shared: new Uint8Array(sharedKey), ciphertext: new Uint8Array(ciphertext) };
    } catch {
      throw new OpenError();
    }
  },
  async decapsulate(secret, ciphertext) {
    if (ciphertext.length !== 1088) throw new OpenError();
    try {
      const shared = await subtle.decapsulateBits(
        ALGORITHM,
        await seedKey(secret),
        new Uint8Array(ciphertext),
      );
      return new Uint8Array(shared);
    } catch {
      throw new OpenError();
    }
  },
};
