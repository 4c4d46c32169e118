import { type Element, Jid, NS } from "../../core/mod.ts";
import { textIn } from "./reading.ts";

/** Somebody would have us in a room. */
export interface RoomInvitation {
  readonly room: Jid;
  /** Bare address, or the inviter's in the room; the word of the room where that passed it on. */
  readonly from: Jid;
  readonly reason: string | undefined;
  readonly password: string | undefined;
  /** Did the room pass it on (XEP-0045), or did the inviter send it (XEP-0249)? */
  readonly mediated: boolean;
}

/** Somebody whom we invited does not come. */
export interface RoomDecline {
  readonly room: Jid;
  readonly from: Jid;
  readonly reason: string | undefined;
}

/** A mediated invitation (XEP-0045 section 7.8.2). @param room bare address that sent it */
export function readInvitation(message: Element, room: Jid): RoomInvitation | undefined {
  const x = message.getChild("x", NS.mucUser);
  const invite = x?.getChild("invite");
  const from = Jid.tryParse(invite?.attrs.from);
  if (from === undefined || room.local === "") return undefined;
  const password = x!.getChildText("password") ?? undefined;
  return { room, from, reason: textIn(invite, "reason"), password, mediated: true };
}

/** The answer to one of ours (section 7.8.2). */
export function readDecline(message: Element, room: Jid): RoomDecline | undefined {
  const decline = message.getChild("x", NS.mucUser)?.getChild("decline");
  const from = Jid.tryParse(decline?.attrs.from);
  return from === undefined ? undefined : { room, from, reason: textIn(decline, "reason") };
}
