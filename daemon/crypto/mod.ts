/**
 * Primitives and suites. Pure: no I/O, no clock; randomness comes in as an argument wherever a test
 * vector needs it to. Primitives come from node:crypto, WebCrypto and noble; Blowfish alone, which
 * none of them has, from blowfish-node.
 * @module
 */
export * from "./aead.ts";
export * from "./blowfish_cbc_hmac.ts";
export * from "./cbc_hmac.ts";
export { ed25519, isSmallOrder, x25519 } from "./curve25519.ts";
export * from "./errors.ts";
export * from "./hash.ts";
export * from "./keys.ts";
export * from "./login_profiles.ts";
export { p192, p224 } from "./nist_curves.ts";
export { mlkem768 } from "./mlkem768.ts";
export * from "./scrypt.ts";
export * from "./suites.ts";
