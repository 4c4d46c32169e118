/**
 * SFrame (RFC 9605): authenticated end-to-end encryption of whole media frames. A library of its
 * own: no I/O, no clock; randomness comes in as an argument. It imports only base and crypto.
 * @module
 */
export * from "./aes_cbc_hmac.ts";
export * from "./aes_ctr_hmac.ts";
export * from "./aes_gcm.ts";
export * from "./header.ts";
export * from "./key_schedule.ts";
export * from "./receiver.ts";
export * from "./replay_window.ts";
export * from "./sender.ts";
export * from "./suite.ts";
export * from "./suites.ts";
