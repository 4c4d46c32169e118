import { type Bytes, concat } from "../base/mod.ts";
import { equal, hmacSha256, OpenError, type Random } from "../crypto/mod.ts";
import type { FrameCipher } from "./suite.ts";

const AES_KEY = 16;
const IV = 16;
const BLOCK = 16;
const MAC = 32;

/** The length of a part as it stands before it under the HMAC, so that parts keep their borders. */
function lengthOf(part: Uint8Array): Bytes {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, part.length);
  return length;
}

/**
 * AES-128-CBC under a random IV, then HMAC-SHA-256 over associated data, IV and ciphertext
 * (docs/protocol.md "SFrame suite 0xF001"). `material` is 16 bytes of AES key, then 32 of HMAC key.
 * The nonce of the key schedule is not used: it is no IV, since the differences between nonces are
 * known and CBC wants its IVs unpredictable.
 */
export async function aesCbcHmac(material: Bytes, random: Random): Promise<FrameCipher> {
  const aesKey = await crypto.subtle.importKey(
    "raw",
    material.subarray(0, AES_KEY),
    "AES-CBC",
    false,
    ["encrypt", "decrypt"],
  );
  const macKey = material.slice(AES_KEY);
  const macOf = (aad: Bytes, iv: Bytes, ciphertext: Bytes): Bytes =>
    hmacSha256(
      macKey,
      ...[aad, iv, ciphertext].flatMap((part) => [lengthOf(part), part]),
    );
  return {
    async seal(_nonce, aad, plaintext) {
      const iv = random(IV);
      const ciphertext = new Uint8Array(
        await crypto.subtle.encrypt({ name: "AES-CBC", iv }, aesKey, plaintext),
      );
      return concat(iv, ciphertext, macOf(aad, iv, ciphertext));
    },
    async open(_nonce, aad, sealed) {
      const end = sealed.length - MAC;
      if (end < IV + BLOCK || end % BLOCK !== 0) throw new OpenError();
      const iv = sealed.subarray(0, IV);
      const ciphertext = sealed.subarray(IV, end);
      if (!equal(macOf(aad, iv, ciphertext), sealed.subarray(end))) throw new OpenError();
      // Called before anything is awaited: WebCrypto copies the very bytes that were authenticated.
      return new Uint8Array(
        await crypto.subtle.decrypt({ name: "AES-CBC", iv }, aesKey, ciphertext),
      );
    },
  };
}
