import { SimppdError } from "../base/mod.ts";

/** Why an end-to-end step was refused. */
export type SimppErrorCode =
  | "bad-device-list"
  | "bad-bundle"
  | "bundle-expired"
  | "bundle-old"
  | "no-keys"
  | "keys-changed"
  | "no-common-suite"
  | "suite-not-allowed"
  | "too-many-sessions"
  | "downgrade"
  | "not-trusted"
  | "no-code"
  | "own-code"
  | "not-verified"
  | "bad-handshake"
  | "bad-envelope"
  | "bad-policy"
  | "not-linked"
  | "not-account-device"
  | "too-many-devices"
  | "prekey-gone"
  | "too-large";

/** An end-to-end step was refused; nothing was sent and no state changed. */
export class SimppError extends SimppdError {
  declare readonly code: SimppErrorCode;
  constructor(code: SimppErrorCode, publicMessage: string, cause?: unknown) {
    super(code, publicMessage, cause);
  }
}
