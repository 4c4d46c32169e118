import type { Bytes } from "../base/mod.ts";

/** Fills and returns `length` random bytes; `crypto.getRandomValues` outside tests. */
export type Random = (length: number) => Bytes;

/** The system's generator. */
export function systemRandom(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Raw keys; `secret` must not leave the process unsealed. */
export interface KeyPair {
  readonly secret: Bytes;
  readonly public: Bytes;
}

/** A Diffie-Hellman group. */
export interface DhGroup {
  readonly publicLength: number;
  generate(random: Random): KeyPair;
  /** @throws OpenError when `theirs` is not a usable public key (wrong length, low order) */
  shared(secret: Bytes, theirs: Uint8Array): Bytes;
}

/** A key encapsulation mechanism. The `secret` of its key pairs is the seed. */
export interface Kem {
  readonly publicLength: number;
  readonly ciphertextLength: number;
  generate(random: Random): Promise<KeyPair>;
  /** @throws OpenError when `theirs` is not a valid public key */
  encapsulate(theirs: Uint8Array): Promise<{ shared: Bytes; ciphertext: Bytes }>;
  /** A forged ciphertext yields an unrelated secret, not an error (implicit rejection). */
  decapsulate(secret: Bytes, ciphertext: Uint8Array): Promise<Bytes>;
}

/** A signature scheme. Every message is signed behind a label that names its purpose. */
export interface Signer {
  readonly publicLength: number;
  readonly signatureLength: number;
  generate(random: Random): KeyPair;
  sign(secret: Bytes, label: string, message: Uint8Array): Bytes;
  verify(publicKey: Uint8Array, label: string, message: Uint8Array, signature: Uint8Array): boolean;
}
