import { StanzaError } from "../../core/mod.ts";
import type { Room } from "./room.ts";

/** Turns text, hides, or looks like nothing: with these a nick can look like another's. */
const DECEIVING = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\u2800]/u;
/** Within an emoji some of them have a meaning. */
const EMOJI = /\p{RGI_Emoji}/gv;

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
  if (nick !== nick.trim() || DECEIVING.test(nick.replace(EMOJI, ""))) {
    throw new StanzaError("modify", "not-acceptable", "this nick would deceive the others");
  }
}
