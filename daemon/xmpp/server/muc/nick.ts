import { StanzaError } from "../../core/mod.ts";
import type { Room } from "./room.ts";

/** Turns and hides text: with these a nick can look like another's. */
const DECEIVING = /[\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/;

/**
 * @param nick resource of the address in the room
 * @throws StanzaError `jid-malformed` without one (section 7.2.1), `not-acceptable` for one that is
 * too long or deceives
 */
export function checkNick({ around }: Room, nick: string): void {
  if (nick === "") throw new StanzaError("modify", "jid-malformed", "a nick is missing");
  const most = around.host.limits.roomNickLength;
  if (nick.length > most) {
    throw new StanzaError("modify", "not-acceptable", `a nick has ${most} characters at most`);
  }
  if (nick !== nick.trim() || DECEIVING.test(nick)) {
    throw new StanzaError("modify", "not-acceptable", "this nick would deceive the others");
  }
}
