import { type Element, Jid, NS } from "../../core/mod.ts";
import type { Circumstances, Occupant, RoomAffiliation, RoomRole } from "./events.ts";

/** Longest text of a room's that is kept, such as a reason or a status. */
const MAX_TEXT = 500;
/** Longest id of the room's that is kept. */
const MAX_ID = 256;
const MAX_CODES = 20;

const AFFILIATIONS: readonly RoomAffiliation[] = ["owner", "admin", "member", "none", "outcast"];
const ROLES: readonly RoomRole[] = ["moderator", "participant", "visitor", "none"];
const SHOWS = ["chat", "away", "xa", "dnd"] as const;

/** What a room says about an occupant or itself in `<x xmlns='…#user'/>` (XEP-0045). */
export interface UserInfo {
  readonly codes: ReadonlySet<number>;
  readonly affiliation: RoomAffiliation;
  readonly role: RoomRole;
  readonly jid: Jid | undefined;
  readonly newNick: string | undefined;
  readonly circumstances: Circumstances;
  readonly destroy: Element | undefined;
}

/** Reads what is there and passes over what is wrong with it; undefined when there is nothing. */
export function readUserInfo(stanza: Element): UserInfo | undefined {
  const x = stanza.getChild("x", NS.mucUser);
  if (x === undefined) return undefined;
  const item = x.getChild("item");
  const destroy = x.getChild("destroy");
  const codes = x.getChildren("status").slice(0, MAX_CODES).map(({ attrs }) => Number(attrs.code));
  return {
    codes: new Set(codes),
    affiliation: AFFILIATIONS.find((each) => each === item?.attrs.affiliation) ?? "none",
    role: ROLES.find((each) => each === item?.attrs.role) ?? "none",
    jid: Jid.tryParse(item?.attrs.jid),
    newNick: item?.attrs.nick,
    circumstances: {
      by: item?.getChild("actor")?.attrs.nick,
      reason: textIn(destroy ?? item, "reason"),
    },
    destroy,
  };
}

/** The text of a child, shortened; undefined when it is missing or empty. */
export function textIn(element: Element | undefined, name: string): string | undefined {
  const text = element?.getChildText(name)?.slice(0, MAX_TEXT).toWellFormed();
  return text === undefined || text === "" ? undefined : text;
}

/** The occupant that an available presence of the room shows. */
export function readOccupant(
  presence: Element,
  nick: string,
  info: UserInfo,
  self: boolean,
): Occupant {
  const show = presence.getChildText("show");
  return {
    nick,
    jid: info.jid,
    affiliation: info.affiliation,
    role: info.role,
    show: SHOWS.find((each) => each === show) ?? "online",
    status: textIn(presence, "status") ?? "",
    id: occupantIdOf(presence),
    self,
  };
}

/** XEP-0421 */
export function occupantIdOf(stanza: Element): string | undefined {
  const id = stanza.getChild("occupant-id", NS.occupantId)?.attrs.id;
  return id !== undefined && id.length <= MAX_ID ? id : undefined;
}

/** The id that this room gave a message (XEP-0359); others' do not count. */
export function stanzaIdOf(stanza: Element, room: Jid): string | undefined {
  const id = stanza.getChildren("stanza-id", NS.stanzaIds)
    .find(({ attrs }) => attrs.by === room.toString())?.attrs.id;
  return id !== undefined && id.length <= MAX_ID ? id : undefined;
}

/**
 * When the room itself says that something was said (XEP-0203); milliseconds since 1970, never later
 * than now.
 */
export function delayOf(stanza: Element, room: Jid): number | undefined {
  const delay = stanza.getChildren("delay", NS.delay)
    .find(({ attrs }) => Jid.tryParse(attrs.from)?.equals(room));
  const at = Date.parse(delay?.attrs.stamp ?? "");
  return Number.isNaN(at) ? undefined : Math.min(at, Date.now());
}
