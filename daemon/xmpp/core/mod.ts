/**
 * What an XMPP client and a server share: addresses, the bounded XML reader, stanzas and their
 * errors, the logins SCRAM and SIMPP-1 (RFC 6120, 7622, 5802, 7677). It opens no socket and
 * reads no clock.
 * @module
 */
export * from "./component.ts";
export * from "./data_form.ts";
export * from "./element.ts";
export * from "./end_point.ts";
export * from "./errors.ts";
export * from "./hashed_token.ts";
export * from "./jid.ts";
export {
  LIMITS_AFTER_AUTH,
  LIMITS_BEFORE_AUTH,
  LIMITS_OF_SERVER,
  LIMITS_STORED,
  type ReaderLimits,
} from "./limits.ts";
export * from "./namespaces.ts";
export * from "./paced_tls.ts";
export { isOverLimit, withoutContent } from "./passed_over.ts";
export * from "./reader.ts";
export * from "./sasl_error.ts";
export * from "./result_set.ts";
export * from "./saslprep.ts";
export {
  type ChannelBinding,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  scramDerive,
  ScramError,
  type ScramHash,
  type ScramKeys,
  type ScramMechanism,
  scramNonce,
} from "./scram.ts";
export * from "./scram_client.ts";
export * from "./scram_server.ts";
export { END_POINT_LENGTH, endPointOf, SIMPP_1 } from "./simpp1.ts";
export * from "./simpp1_client.ts";
export * from "./simpp1_keys.ts";
export * from "./simpp1_server.ts";
export * from "./sm_counter.ts";
export * from "./ssdp.ts";
export * from "./stanza.ts";
export { parseElement } from "./tree.ts";
