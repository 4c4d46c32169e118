/**
 * Calls: from an invitation to a goodbye. Signalling inside the end-to-end envelope, the keys both
 * sides agree on, sealed frames over a path, and the figures people see (docs/protocol.md "Calls").
 * @module
 */
export { Calls } from "./calls.ts";
export { isCallContent } from "./codec.ts";
export type { CallPeer, CallSecurityEvent, CallSignalling, CallsOptions } from "./environment.ts";
export type { CallIdentity } from "./identity.ts";
export type { Timeouts as CallTimeouts } from "./limits.ts";
export type { Picture as CallPicture } from "./picture.ts";
export { CALL_NS } from "./signal.ts";
