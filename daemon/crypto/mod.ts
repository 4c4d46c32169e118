/**
 * Primitives and suites. Pure: no I/O, no clock; randomness comes in as an argument wherever a test
 * vector needs it to. Primitives come from node:crypto, WebCrypto and noble only.
 * @module
 */
export * from "./aead.ts";
export * from "./errors.ts";
export * from "./hash.ts";
