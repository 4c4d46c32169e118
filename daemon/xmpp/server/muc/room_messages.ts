import { el, type Element, Jid, NS, StanzaError } from "../../core/mod.ts";
import { isWorthRecalling } from "../storage_hints.ts";
import type { Occupant } from "./occupants.ts";
import { isWithin } from "./room_config.ts";
import type { Room, Sender } from "./room.ts";
import { changeSubject, isSubjectChange } from "./subject.ts";

/** A message to everybody in the room (XEP-0045 section 7.4). @throws StanzaError */
export function say(room: Room, message: Element, sender: Sender): void {
  const occupant = room.occupant(sender);
  room.pace(sender, true);
  const subject = isSubjectChange(message);
  if (subject) changeSubject(room, message, sender);
  else if (occupant.role === "visitor" && room.config.moderated) {
    throw new StanzaError("auth", "forbidden", "you have no voice in this room");
  }
  const id = room.around.archive.nextId();
  const from = room.jid.withResource(occupant.nick);
  const stanza = el("message", {
    ...stampedAttributes(message),
    from: from.toString(),
    type: "groupchat",
  });
  stanza.children = [
    ...clean(room, message),
    el("stanza-id", { xmlns: NS.stanzaIds, id, by: room.jid.toString() }),
    el("occupant-id", { xmlns: NS.occupantId, id: occupant.id }),
  ];
  if (room.config.archived && !subject && isWorthRecalling(message)) {
    room.around.archive.add(room.jid.toString(), { id, at: Date.now(), stanza });
  }
  room.send(stanza, from, room.occupants, sender.session);
}

/**
 * A message to one occupant alone (XEP-0045 section 7.5).
 * @throws StanzaError `item-not-found`, `forbidden`, `not-acceptable`
 */
export function whisper(room: Room, message: Element, sender: Sender, nick: string): void {
  const occupant = room.occupant(sender);
  room.pace(sender);
  if (!isWithin(occupant.role, room.config.privateMessages)) {
    throw new StanzaError("auth", "forbidden", "no private messages in this room");
  }
  const target: Occupant | undefined = room.occupants.byNick(nick);
  if (target === undefined) {
    throw new StanzaError("cancel", "item-not-found", "nobody of that nick");
  }
  const from = room.jid.withResource(occupant.nick);
  const stanza = el("message", {
    ...stampedAttributes(message),
    from: from.toString(),
    type: "chat",
  });
  stanza.children = [
    ...clean(room, message),
    el("x", { xmlns: NS.mucUser }),
    el("occupant-id", { xmlns: NS.occupantId, id: occupant.id }),
  ];
  room.send(stanza, from, [target], sender.session);
}

/** Attributes that pass through a room. */
function stampedAttributes({ attrs }: Element): Record<string, string | undefined> {
  return { xmlns: NS.client, id: attrs.id, "xml:lang": attrs["xml:lang"] };
}

/**
 * The children of a message without those that only the room and its server may make. What carries
 * no name of who stamped it would be taken for the room's.
 */
function clean({ jid, around }: Room, message: Element): Element[] {
  const ours = new Set([jid.domain, around.host.domain.domain]);
  const isOurs = (by: string | undefined) => ours.has(Jid.tryParse(by)?.domain ?? jid.domain);
  return message.getChildElements().filter((child) => {
    switch (child.getNS()) {
      case NS.mucUser:
      case NS.occupantId:
        return false;
      case NS.stanzaIds:
        return !(child.is("stanza-id") && isOurs(child.attrs.by));
      case NS.delay:
        return !isOurs(child.attrs.from);
      default:
        return true;
    }
  });
}
