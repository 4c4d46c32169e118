import type { Bytes } from "../base/mod.ts";

/** A suite's AEAD with its key imported: what a sender and a receiver keep per base key. */
export interface FrameCipher {
  /** Ciphertext and tag. `nonce` has the suite's length and is never used twice. */
  seal(nonce: Bytes, aad: Bytes, plaintext: Bytes): Promise<Uint8Array>;
  /** The plaintext. Rejects, with anything, when `sealed` is not what {@link seal} made. */
  open(nonce: Bytes, aad: Bytes, sealed: Bytes): Promise<Bytes>;
}

/**
 * A cipher suite (RFC 9605 section 4.5) as a value: an AEAD and a hash. The ones of the RFC are in
 * `suites.ts`; another one is added with `registerSuite`.
 */
export interface Suite {
  /** Number in the IANA registry; 0xF000…0xFFFF are for private use. It enters the key schedule. */
  readonly id: number;
  /** Name in the registry, such as `AES_128_GCM_SHA256_128`. */
  readonly name: string;
  /** Hash of the key schedule. */
  readonly hash: "SHA-256" | "SHA-512";
  /** Bytes of key material the AEAD takes (Nk). */
  readonly keyLength: number;
  /** Bytes of nonce and salt (Nn), at least 8: the counter is put into its end. */
  readonly nonceLength: number;
  /** Bytes of the tag (Nt): no ciphertext is shorter. */
  readonly tagLength: number;
  /** Makes the cipher of `keyLength` bytes of key material. */
  importKey(material: Bytes): Promise<FrameCipher>;
}
