import { el, type Element, Jid, NS, StanzaError } from "../../core/mod.ts";
import { type Occupant, shownOf } from "./occupants.ts";
import {
  type Affiliation,
  AFFILIATIONS,
  checkAffiliationChange,
  checkRoleChange,
  isAtLeast,
  type Role,
  ROLES,
} from "./privileges.ts";
import type { Room, Sender } from "./room.ts";
import { setAffiliation, setRole } from "./standing.ts";
import { reasonIn } from "./texts.ts";

/** Changes that may be asked for at once. */
const MOST_CHANGED = 100;

/** Lists of a room (`muc#admin`, XEP-0045 sections 8, 9 and 10). @throws StanzaError */
export function administer(
  room: Room,
  type: "get" | "set",
  query: Element,
  sender: Sender,
): Element | undefined {
  const items = query.getChildren("item");
  if (items.length === 0) throw new StanzaError("modify", "bad-request", "an item is missing");
  if (type === "get") return list(room, items[0]!, sender);
  change(room, items, sender);
}

function list(room: Room, item: Element, sender: Sender): Element {
  const actor = room.actor(sender);
  const { affiliation, role } = wanted(item);
  const query = el("query", { xmlns: NS.mucAdmin });
  if (affiliation !== undefined) {
    if (affiliation === "none") throw new StanzaError("modify", "bad-request");
    // Members who see each other may know who the others are (section 9.5).
    const own = room.config.nonAnonymous && room.config.membersOnly && affiliation !== "outcast";
    if (!isAtLeast(actor.affiliation, own ? "member" : "admin")) {
      throw new StanzaError("auth", "forbidden");
    }
    for (const [jid, each] of room.affiliations) {
      if (each !== affiliation) continue;
      const nick = room.occupants.ofAccount(jid)[0]?.nick;
      query.append(el("item", { affiliation, jid, nick }));
    }
    return query;
  }
  const powerful = isAtLeast(actor.affiliation, "admin");
  if (!powerful && (actor.role !== "moderator" || role === "moderator")) {
    throw new StanzaError("auth", "forbidden");
  }
  for (const occupant of room.occupants) {
    if (occupant.role !== role) continue;
    const jid = shownOf(occupant).jid.toString();
    const affiliation = room.affiliationOf(occupant.jid);
    query.append(el("item", { affiliation, jid, nick: occupant.nick, role }));
  }
  return query;
}

type Change =
  & { readonly reason: string | undefined }
  & (
    | { readonly jid: string; readonly affiliation: Affiliation }
    | { readonly occupant: Occupant; readonly role: Role }
  );

/** All of it is done, or nothing. */
function change(room: Room, items: readonly Element[], sender: Sender): void {
  if (items.length > MOST_CHANGED) {
    throw new StanzaError("modify", "policy-violation", `${MOST_CHANGED} changes at a time`);
  }
  // Each is told to the whole room, as a message is.
  room.pace(sender, false, items.length);
  const changes = items.map((item) => read(room, item, sender));
  checkLists(room, changes);
  const actor = room.occupants.bySession(sender.jid)?.nick;
  for (const each of changes) {
    const because = { actor, reason: each.reason };
    if ("jid" in each) setAffiliation(room, each.jid, each.affiliation, because, sender.session);
    // One change may have taken out whom the next is about.
    else if (room.occupants.byNick(each.occupant.nick) === each.occupant) {
      setRole(room, each.occupant, each.role, because, sender.session);
    }
  }
}

function read(room: Room, item: Element, sender: Sender): Change {
  const { affiliation, role } = wanted(item);
  const { nick } = item.attrs;
  const reason = reasonIn(item, room.around.host.limits.roomTextLength);
  const occupant = nick === undefined ? undefined : room.occupants.byNick(nick);
  const actor = room.actor(sender);
  if (role !== undefined) {
    if (nick === undefined) throw new StanzaError("modify", "bad-request", "a nick is missing");
    if (occupant === undefined) {
      // Who may not look whether somebody is here is not told either.
      if (actor.role !== "moderator") throw new StanzaError("auth", "forbidden");
      throw new StanzaError("cancel", "item-not-found", "nobody of that nick");
    }
    checkRoleChange(
      actor,
      { affiliation: room.affiliationOf(occupant.jid), role: occupant.role },
      role,
    );
    return { occupant, role, reason };
  }
  const jid = item.attrs.jid === undefined ? occupant?.jid : Jid.tryParse(item.attrs.jid)?.bare();
  if (jid === undefined) {
    throw item.attrs.jid === undefined
      ? new StanzaError("cancel", "item-not-found", "nobody of that nick")
      : new StanzaError("modify", "jid-malformed");
  }
  checkAffiliationChange(
    actor.affiliation,
    room.affiliationOf(jid),
    affiliation!,
    jid.bareEquals(sender.jid),
  );
  return { jid: jid.toString(), affiliation: affiliation!, reason };
}

/** Exactly one of the two. */
function wanted({ attrs }: Element): { affiliation?: Affiliation; role?: Role } {
  const affiliation = AFFILIATIONS.find((each) => each === attrs.affiliation);
  const role = ROLES.find((each) => each === attrs.role);
  const known = (affiliation === undefined) !== (role === undefined);
  const stray = (attrs.affiliation !== undefined && affiliation === undefined) ||
    (attrs.role !== undefined && role === undefined);
  if (!known || stray) {
    throw new StanzaError("modify", "bad-request", "expected an affiliation or a role");
  }
  return affiliation === undefined ? { role: role! } : { affiliation };
}

function checkLists(room: Room, changes: readonly Change[]): void {
  const after = new Map<string, Affiliation>(room.affiliations);
  for (const each of changes) {
    if (!("jid" in each)) continue;
    if (each.affiliation === "none") after.delete(each.jid);
    else after.set(each.jid, each.affiliation);
  }
  if (![...after.values()].includes("owner")) {
    throw new StanzaError("cancel", "conflict", "a room has an owner");
  }
  const { roomAffiliations } = room.around.host.limits;
  if (after.size > roomAffiliations && after.size > room.affiliations.size) {
    throw new StanzaError("wait", "resource-constraint", `a room knows ${roomAffiliations} people`);
  }
}
