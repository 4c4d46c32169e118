import { createCipheriv, createDecipheriv } from "node:crypto";
import { type Bytes, concat } from "../base/mod.ts";
import { OpenError } from "./errors.ts";
import { equal, framed, hmacSha256 } from "./hash.ts";

const MAC = 32;
const BLOCK = 16;

/**
 * AES-128-CBC, then HMAC-SHA-256 over associated data, IV and ciphertext: what the paper's cipher
 * needs to be safe. `key` is 16 bytes of cipher key and 32 of MAC key; `iv` 16 bytes, never twice
 * with a key. Gives ciphertext ‖ MAC.
 */
export function cbcHmacSeal(
  key: Uint8Array,
  iv: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Bytes {
  const cipher = createCipheriv("aes-128-cbc", key.subarray(0, 16), iv);
  const sealed = concat(cipher.update(plaintext), cipher.final());
  return concat(sealed, hmacSha256(key.subarray(16, 48), framed(aad, iv, sealed)));
}

/** Opens what {@link cbcHmacSeal} made; the MAC is checked before anything is decrypted. @throws OpenError */
export function cbcHmacOpen(
  key: Uint8Array,
  iv: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Bytes {
  const end = sealed.length - MAC;
  if (end < BLOCK || end % BLOCK !== 0) throw new OpenError();
  const body = sealed.subarray(0, end);
  const mac = hmacSha256(key.subarray(16, 48), framed(aad, iv, body));
  if (!equal(mac, sealed.subarray(end))) throw new OpenError();
  try {
    const decipher = createDecipheriv("aes-128-cbc", key.subarray(0, 16), iv);
    return concat(decipher.update(body), decipher.final());
  } catch {
    throw new OpenError();
  }
}
