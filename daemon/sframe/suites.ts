import { SimppdError } from "../base/mod.ts";
import { type Random, systemRandom } from "../crypto/mod.ts";
import { aesCbcHmac } from "./aes_cbc_hmac.ts";
import { aesCtrHmac } from "./aes_ctr_hmac.ts";
import { aesGcm } from "./aes_gcm.ts";
import type { Suite } from "./suite.ts";

const PRIVATE_USE = 0xf000;

function ctrHmac(id: number, tagLength: number): Suite {
  return Object.freeze<Suite>({
    id,
    name: `AES_128_CTR_HMAC_SHA256_${tagLength * 8}`,
    hash: "SHA-256",
    keyLength: 16 + 32,
    nonceLength: 12,
    tagLength,
    importKey: (material) => aesCtrHmac(material, "SHA-256", 16, tagLength),
  });
}

/** Suite 1: AES-128-CTR with HMAC-SHA-256, tag of 10 bytes. */
export const AES_128_CTR_HMAC_SHA256_80: Suite = ctrHmac(1, 10);
/** Suite 2: the same, tag of 8 bytes. */
export const AES_128_CTR_HMAC_SHA256_64: Suite = ctrHmac(2, 8);
/** Suite 3: the same, tag of 4 bytes. Forgeable by guessing: RFC 9605 section 7.5. */
export const AES_128_CTR_HMAC_SHA256_32: Suite = ctrHmac(3, 4);
/** Suite 4: AES-128-GCM, key schedule on SHA-256, tag of 16 bytes. */
export const AES_128_GCM_SHA256_128: Suite = Object.freeze<Suite>({
  id: 4,
  name: "AES_128_GCM_SHA256_128",
  hash: "SHA-256",
  keyLength: 16,
  nonceLength: 12,
  tagLength: 16,
  importKey: aesGcm,
});
/** Suite 5: AES-256-GCM, key schedule on SHA-512, tag of 16 bytes. */
export const AES_256_GCM_SHA512_128: Suite = Object.freeze<Suite>({
  id: 5,
  name: "AES_256_GCM_SHA512_128",
  hash: "SHA-512",
  keyLength: 32,
  nonceLength: 12,
  tagLength: 16,
  importKey: aesGcm,
});

/**
 * Suite 0xF001, for private use: AES-128-CBC, then HMAC-SHA-256, tag of 32 bytes; the cipher of the
 * SIMPP paper, made safe (docs/protocol.md "SFrame suite 0xF001").
 * @param random where its IVs come from
 */
export function cbcHmac(random: Random): Suite {
  return Object.freeze<Suite>({
    id: 0xf001,
    name: "AES_128_CBC_HMAC_SHA256_256",
    hash: "SHA-256",
    keyLength: 16 + 32,
    nonceLength: 12,
    tagLength: 32,
    importKey: (material) => aesCbcHmac(material, random),
  });
}
/** Suite 0xF001 with the system's randomness. */
export const AES_128_CBC_HMAC_SHA256_256: Suite = cbcHmac(systemRandom);

const registry = new Map<number, Suite>(
  [
    AES_128_CTR_HMAC_SHA256_80,
    AES_128_CTR_HMAC_SHA256_64,
    AES_128_CTR_HMAC_SHA256_32,
    AES_128_GCM_SHA256_128,
    AES_256_GCM_SHA512_128,
    AES_128_CBC_HMAC_SHA256_256,
  ].map((suite) => [suite.id, suite]),
);

/** The suite of that number: one of RFC 9605's five, 0xF001, or a registered one. */
export function suiteById(id: number): Suite | undefined {
  return registry.get(id);
}

/**
 * Adds a suite for private use (0xF000…0xFFFF), so that {@link suiteById} finds it.
 * @throws SimppdError `bad-suite` when the number is not for private use or is taken, or the
 *   lengths cannot work
 */
export function registerSuite(suite: Suite): void {
  const { id, nonceLength, keyLength, tagLength } = suite;
  if (!Number.isInteger(id) || id < PRIVATE_USE || id > 0xffff) {
    throw new SimppdError("bad-suite", `A private suite is 0xF000 to 0xFFFF, not ${id}.`);
  }
  if (registry.has(id)) throw new SimppdError("bad-suite", `Suite ${id} is there already.`);
  if (!(nonceLength >= 8 && keyLength >= 16 && tagLength >= 4)) {
    throw new SimppdError(
      "bad-suite",
      `A suite needs a nonce of 8 bytes, a key of 16 and a tag of 4, or longer ones.`,
    );
  }
  registry.set(id, suite);
}
