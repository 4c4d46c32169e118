import { type Bytes, concat } from "../base/mod.ts";
import { equal, OpenError } from "../crypto/mod.ts";
import type { FrameCipher } from "./suite.ts";

/** Bytes of the three lengths that stand before what the HMAC covers. */
const LENGTHS = 24;

/**
 * AES-CTR with a truncated HMAC over lengths, nonce, associated data and ciphertext (RFC 9605
 * section 4.5.1). `material` is the AES key of `aesKeyLength` bytes, then the HMAC key.
 */
export async function aesCtrHmac(
  material: Bytes,
  hash: "SHA-256" | "SHA-512",
  aesKeyLength: number,
  tagLength: number,
): Promise<FrameCipher> {
  const aesKey = await crypto.subtle.importKey(
    "raw",
    material.subarray(0, aesKeyLength),
    "AES-CTR",
    false,
    ["encrypt", "decrypt"],
  );
  const macKey = await crypto.subtle.importKey(
    "raw",
    material.subarray(aesKeyLength),
    { name: "HMAC", hash },
    false,
    ["sign"],
  );
  const counterMode = (nonce: Bytes) => {
    const counter = new Uint8Array(16);
    counter.set(nonce);
    return { name: "AES-CTR", counter, length: 32 };
  };
  /** What the HMAC covers; its end is a copy of the ciphertext. */
  const covered = (nonce: Bytes, aad: Bytes, ciphertext: Bytes): Bytes => {
    const lengths = new Uint8Array(LENGTHS);
    const view = new DataView(lengths.buffer);
    view.setBigUint64(0, BigInt(aad.length));
    view.setBigUint64(8, BigInt(ciphertext.length));
    view.setBigUint64(16, BigInt(tagLength));
    return concat(lengths, nonce, aad, ciphertext);
  };
  const tagOf = async (input: Bytes): Promise<Bytes> =>
    new Uint8Array(await crypto.subtle.sign("HMAC", macKey, input), 0, tagLength);
  return {
    async seal(nonce, aad, plaintext) {
      const ciphertext = new Uint8Array(
        await crypto.subtle.encrypt(counterMode(nonce), aesKey, plaintext),
      );
      return concat(ciphertext, await tagOf(covered(nonce, aad, ciphertext)));
    },
    async open(nonce, aad, sealed) {
      const size = sealed.length - tagLength;
      const input = covered(nonce, aad, sealed.subarray(0, size));
      const tag = sealed.slice(size);
      if (!equal(await tagOf(input), tag)) throw new OpenError();
      // Decrypts the copy that was authenticated: the caller's buffer may have changed meanwhile.
      const ciphertext = input.subarray(input.length - size);
      return new Uint8Array(await crypto.subtle.decrypt(counterMode(nonce), aesKey, ciphertext));
    },
  };
}
