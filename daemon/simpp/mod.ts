/**
 * SIMPP: who a person is, how two devices agree on keys and prove themselves, how messages are
 * sealed, and whom to trust (docs/protocol.md "SIMPP").
 * @module
 */
export * from "./backup.ts";
export * from "./directory.ts";
export { SIMPP_NS } from "./element.ts";
export type { Envelope } from "./envelope.ts";
export * from "./errors.ts";
export { deviceIdOf, fingerprintOf } from "./identity.ts";
export type { Restoring } from "./identity_store.ts";
export type { Confirmation } from "./own_keys.ts";
export { safetyNumber } from "./safety_number.ts";
export type { Known } from "./trust_book.ts";
export * from "./simpp.ts";
