import { getLogger, type Logger } from "@logtape/logtape";

/**
 * The log of one room, category `["simppd", room]`. Where lines go is decided by `app`; nothing
 * secret is ever written: no key, no token, no message body, no picture.
 */
export function logOf(room: string): Logger {
  return getLogger(["simppd", room]);
}
