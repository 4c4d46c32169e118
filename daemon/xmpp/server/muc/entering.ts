import { steadyNow, utf8 } from "../../../base/mod.ts";
import { equal } from "../../../crypto/mod.ts";
import { el, type Element, NS, serialise, StanzaError } from "../../core/mod.ts";
import { checkNick } from "./nick.ts";
import type { Occupant } from "./occupants.ts";
import { shownChildren } from "./presence_stanza.ts";
import { initialRole, isAtLeast } from "./privileges.ts";
import { sendHistory } from "./history.ts";
import type { Room, Sender } from "./room.ts";
import { subjectMessage } from "./subject.ts";

/**
 * A session enters a room, or another one of an account that is in it already under this nick
 * (XEP-0045 section 7.2).
 * @param presence with `<x xmlns='…/muc'/>`
 * @throws StanzaError as section 7.2 names them
 */
export function enter(room: Room, presence: Element, sender: Sender, nick: string): void {
  checkNick(room, nick);
  room.pace(sender);
  const bare = sender.jid.bare();
  const affiliation = room.affiliationOf(bare);
  const holder = room.occupants.resembling(nick);
  checkEntry(room, presence, sender, holder);
  const shown = shownWithin(room, presence);
  const occupant = holder ?? {
    nick,
    jid: bare,
    role: initialRole(affiliation, room.config.moderated),
    id: room.occupantId(bare),
    sessions: new Map(),
  };
  showOthers(room, sender, occupant);
  if (holder === undefined) room.occupants.add(occupant);
  room.occupants.show(occupant, sender.jid, shown);
  const codes = [
    ...room.config.nonAnonymous ? [100] : [],
    ...room.config.archived ? [170] : [],
    ...room.locked ? [201] : [],
    // Another spelling of the nick that the account is here under already.
    ...occupant.nick === nick ? [] : [210],
  ];
  room.show(occupant, {}, { self: codes, payer: sender.session });
  sendHistory(room, presence, sender);
  room.sendTo(subjectMessage(room), room.jid, sender.jid);
}

/** What a wrong password counts for: it is guessed once in a second or so. */
const WRONG_PASSWORD = 20;

function checkEntry(
  room: Room,
  presence: Element,
  sender: Sender,
  holder: Occupant | undefined,
): void {
  const { jid } = sender;
  const affiliation = room.affiliationOf(jid);
  if (affiliation === "outcast") throw new StanzaError("auth", "forbidden", "you are banned");
  if (room.locked && affiliation !== "owner") {
    throw new StanzaError("cancel", "item-not-found", "this room is being made");
  }
  if (room.config.membersOnly && !isAtLeast(affiliation, "member")) {
    throw new StanzaError("auth", "registration-required", "only members enter");
  }
  const password = presence.getChild("x", NS.muc)?.getChildText("password") ?? "";
  const guarded = room.config.password !== "" && affiliation !== "owner";
  const { guesses } = room.around;
  const [bare, now] = [jid.bare().toString(), steadyNow()];
  if (guarded && guesses.exceeded(bare, now)) {
    throw new StanzaError("wait", "resource-constraint", "too many passwords at once");
  }
  if (guarded && !equal(utf8(password), utf8(room.config.password))) {
    guesses.spend(bare, WRONG_PASSWORD, now);
    throw new StanzaError("auth", "not-authorized", "this room needs its password");
  }
  if (holder !== undefined) {
    if (holder.jid.bareEquals(jid)) return;
    throw new StanzaError("cancel", "conflict", "somebody has this nick");
  }
  const { roomOccupants } = room.around.host.limits;
  // Section 7.2.9: admins and owners come in also when it is full.
  const most = isAtLeast(affiliation, "admin")
    ? roomOccupants
    : Math.min(room.config.maxOccupants, roomOccupants);
  if (room.occupants.size >= most) {
    throw new StanzaError("wait", "service-unavailable", "this room is full");
  }
}

/** What a presence shows to the others. @throws StanzaError `policy-violation` */
export function shownWithin(room: Room, presence: Element): Element[] {
  const shown = shownChildren(presence);
  const box = el("presence");
  box.children = shown;
  if (serialise(box).length > room.around.host.limits.roomPresenceBytes) {
    throw new StanzaError("modify", "policy-violation", "this presence is too long for a room");
  }
  return shown;
}

/** Who enters sees who is there first. */
function showOthers(room: Room, { jid, session }: Sender, entering: Occupant): void {
  const open = room.config.nonAnonymous || entering.role === "moderator";
  let bytes = 0;
  for (const other of room.occupants) {
    if (other !== entering) bytes += room.showTo(other, open, jid);
  }
  session?.charge(bytes);
}
