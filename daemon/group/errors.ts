import { SimppdError } from "../base/mod.ts";

/** Why a group did not do what it was asked. The key server's own refusals keep their codes. */
export type GroupErrorCode =
  | "not-in-group"
  | "key-not-here"
  | "may-not-send"
  | "too-large"
  | "no-common-suite"
  | "not-admitted"
  | "not-allowed"
  | "key-server-silent"
  | "other-key-server"
  | "group-closed"
  | "bad-group-message";

/** A group did not do what it was asked; nothing was sent and no state changed. */
export class GroupError extends SimppdError {
  constructor(code: GroupErrorCode, publicMessage: string, cause?: unknown) {
    super(code, publicMessage, cause);
  }
}
