import { createCipheriv, createDecipheriv } from "node:crypto";
import { type Bytes, concat } from "../base/mod.ts";
import { OpenError } from "./errors.ts";

const TAG = 16;

/** AES-256-GCM: ciphertext then 16-byte tag. `key` 32 bytes, `nonce` 12, never twice with a key. */
export function aesGcmSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Bytes {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(aad);
  const sealed = new Uint8Array(plaintext.length + TAG);
  sealed.set(cipher.update(plaintext));
  cipher.final(); // nothing is left: GCM has no padding
  sealed.set(cipher.getAuthTag(), plaintext.length);
  return sealed;
}

/** Opens what {@link aesGcmSeal} made. @throws OpenError whatever is wrong with it */
export function aesGcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Bytes {
  if (sealed.length < TAG) throw new OpenError();
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG });
    decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
    return concat(decipher.update(sealed.subarray(0, sealed.length - TAG)), decipher.final());
  } catch {
    throw new OpenError();
  }
}

/**
 * ChaCha20-Poly1305 (RFC 8439) without associated data, into `out`: ciphertext then 16-byte tag.
 * `key` 32 bytes, `nonce` 12, never twice with a key; `out` is 16 bytes longer than `plaintext`.
 */
export function chachaSealInto(
  out: Uint8Array,
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
): void {
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: TAG });
  out.set(cipher.update(plaintext));
  cipher.final(); // nothing is left: it is a stream cipher
  out.set(cipher.getAuthTag(), plaintext.length);
}

/** Opens what {@link chachaSealInto} made. @throws OpenError whatever is wrong with it */
export function chachaOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Bytes {
  if (sealed.length < TAG) throw new OpenError();
  try {
    const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: TAG });
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
    const plaintext = decipher.update(sealed.subarray(0, sealed.length - TAG));
    decipher.final();
    // Not a Buffer, whose slice() copies nothing.
    return new Uint8Array(plaintext.buffer as ArrayBuffer, plaintext.byteOffset, plaintext.length);
  } catch {
    throw new OpenError();
  }
}
