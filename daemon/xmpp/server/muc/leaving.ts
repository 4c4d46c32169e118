import { el, type Element, StanzaError } from "../../core/mod.ts";
import { shownWithin } from "./entering.ts";
import { checkNick } from "./nick.ts";
import { type Occupant, shownOf } from "./occupants.ts";
import { occupantPresence } from "./presence_stanza.ts";
import { initialRole } from "./privileges.ts";
import type { Room, Sender } from "./room.ts";
import { shortened } from "./texts.ts";

/** A session leaves (XEP-0045 section 7.14), whatever nick it says goodbye to. */
export function leave(room: Room, presence: Element, sender: Sender): void {
  const occupant = room.occupants.bySession(sender.jid);
  if (occupant === undefined) return;
  const status = presence.getChildText("status");
  const most = room.around.host.limits.roomTextLength;
  const farewell = status === null ? [] : [el("status", {}, shortened(status, most))];
  if (occupant.sessions.size === 1) return room.expel(occupant, { farewell }, sender.session);
  withdraw(room, occupant, sender, {});
}

/** One of several sessions of an occupant goes: the others see what the next one shows. */
function withdraw(
  room: Room,
  occupant: Occupant,
  sender: Sender,
  what: { newNick?: string },
): void {
  const seen = shownOf(occupant).jid;
  const affiliation = room.affiliationOf(occupant.jid);
  const codes = what.newNick === undefined ? [] : [303];
  const stanza = occupantPresence(
    room.jid,
    occupant,
    affiliation,
    { ...what, gone: true, codes },
    { open: true, self: [] },
  );
  room.occupants.removeSession(sender.jid.toString());
  room.sendTo(stanza, room.jid.withResource(occupant.nick), sender.jid);
  if (seen.equals(sender.jid)) room.show(occupant, {}, { payer: sender.session });
}

/**
 * An occupant shows something new of itself, or takes another nick (XEP-0045 sections 7.6, 7.7).
 * @throws StanzaError `conflict` when somebody else has the nick
 */
export function change(room: Room, presence: Element, sender: Sender, nick: string): void {
  const occupant = room.occupant(sender);
  room.pace(sender);
  const shown = shownWithin(room, presence);
  if (nick === occupant.nick) {
    room.occupants.show(occupant, sender.jid, shown);
    return room.show(occupant, {}, { payer: sender.session });
  }
  checkNick(room, nick);
  const holder = room.occupants.resembling(nick);
  if (holder !== undefined && !holder.jid.bareEquals(occupant.jid)) {
    throw new StanzaError("cancel", "conflict", "somebody has this nick");
  }
  if (occupant.sessions.size === 1 && (holder === undefined || holder === occupant)) {
    rename(room, occupant, sender, nick, shown);
  } else move(room, occupant, holder, sender, nick, shown);
}

function rename(
  room: Room,
  occupant: Occupant,
  sender: Sender,
  nick: string,
  shown: Element[],
): void {
  room.show(occupant, { gone: true, newNick: nick, codes: [303] }, { payer: sender.session });
  // Who could not be told may have been the last.
  if (room.occupants.bySession(sender.jid) !== occupant) return;
  room.occupants.rename(occupant, nick);
  room.occupants.show(occupant, sender.jid, shown);
  room.show(occupant, {}, { payer: sender.session });
}

/** A session moves away from those it shared a nick with, or to another nick of its account. */
function move(
  room: Room,
  occupant: Occupant,
  holder: Occupant | undefined,
  sender: Sender,
  nick: string,
  shown: Element[],
): void {
  if (occupant.sessions.size > 1) withdraw(room, occupant, sender, { newNick: nick });
  else {
    room.occupants.remove(occupant);
    room.show(occupant, { gone: true, newNick: nick, codes: [303] }, { payer: sender.session });
  }
  const next: Occupant = holder ?? {
    nick,
    jid: occupant.jid,
    role: initialRole(room.affiliationOf(occupant.jid), room.config.moderated),
    id: occupant.id,
    sessions: new Map(),
  };
  if (holder === undefined) room.occupants.add(next);
  room.occupants.show(next, sender.jid, shown);
  room.show(next, {}, { payer: sender.session });
}
