import type { Bytes } from "../base/mod.ts";
import type { FrameCipher } from "./suite.ts";

/** AES-GCM with a 16-byte tag; `material` is the AES key, 16 or 32 bytes. */
export async function aesGcm(material: Bytes): Promise<FrameCipher> {
  const key = await crypto.subtle.importKey("raw", material, "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  const parameters = (iv: Bytes, additionalData: Bytes) => ({
    name: "AES-GCM",
    iv,
    additionalData,
    tagLength: 128,
  });
  return {
    seal: async (nonce, aad, plaintext) =>
      new Uint8Array(await crypto.subtle.encrypt(parameters(nonce, aad), key, plaintext)),
    open: async (nonce, aad, sealed) =>
      new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, aad), key, sealed)),
  };
}
