// @ts-types="./blowfish_node.d.ts"
import Blowfish from "blowfish-node";
import { type Bytes, concat } from "../base/mod.ts";
import { OpenError } from "./errors.ts";
import { equal, framed, hmacSha256 } from "./hash.ts";

const KEY = 16;
const MAC = 32;
const BLOCK = 8;

/**
 * Blowfish-CBC with a 128-bit key (Schneier 1993, the cipher of LSIM), then HMAC-SHA-256 over
 * associated data, IV and ciphertext. `key` is 16 bytes of cipher key and 32 of MAC key; `iv` 8
 * bytes. Blocks of 64 bits repeat by chance within some gigabytes: give every message a key of its
 * own. Gives ciphertext ‖ MAC.
 */
export function blowfishCbcHmacSeal(
  key: Uint8Array,
  iv: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Bytes {
  const body = concat(cipherOf(key, iv).encode(plaintext));
  return concat(body, hmacSha256(key.subarray(KEY, KEY + MAC), framed(aad, iv, body)));
}

/** Opens what {@link blowfishCbcHmacSeal} made; the MAC is checked before anything is decrypted. @throws OpenError */
export function blowfishCbcHmacOpen(
  key: Uint8Array,
  iv: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Bytes {
  const end = sealed.length - MAC;
  if (end < BLOCK || end % BLOCK !== 0) throw new OpenError();
  const body = sealed.subarray(0, end);
  const mac = hmacSha256(key.subarray(KEY, KEY + MAC), framed(aad, iv, body));
  if (!equal(mac, sealed.subarray(end))) throw new OpenError();
  try {
    return concat(cipherOf(key, iv).decode(concat(body), Blowfish.TYPE.UINT8_ARRAY));
  } catch {
    throw new OpenError();
  }
}

function cipherOf(key: Uint8Array, iv: Uint8Array): Blowfish {
  const cipher = new Blowfish(key.slice(0, KEY), Blowfish.MODE.CBC, Blowfish.PADDING.PKCS5);
  cipher.setIv(concat(iv));
  return cipher;
}
