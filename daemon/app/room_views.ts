import type { RoomMessages, StoredRoom } from "../store/mod.ts";
import type { RoomAffiliation, RoomMemberView, RoomView } from "../views/mod.ts";
import type { Occupant, Room } from "../xmpp/client/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";

const ROLES = { moderator: 0, participant: 1, visitor: 2, none: 3 } as const;

/** A room as it is shown. @param live that of the present connection @param typing nicks */
export function roomView(
  stored: StoredRoom,
  live: Room | undefined,
  messages: RoomMessages,
  typing: readonly string[] = [],
): RoomView {
  const self = live?.self;
  const last = messages.newest(stored.jid);
  return {
    jid: stored.jid,
    name: stored.name,
    server: Jid.parse(stored.jid).domain,
    encryption: stored.encryption,
    state: stateOf(stored, live),
    problem: stored.problem,
    invitation: stored.invitation,
    nick: live?.nick || stored.nick,
    affiliation: self?.affiliation ?? "none",
    role: self?.role ?? "none",
    // In clear, whoever set it.
    subject: stored.encryption === "none" ? live?.subject.text.slice(0, 1000) ?? "" : "",
    nonAnonymous: live?.claims.nonAnonymous ?? false,
    occupants: live === undefined ? 0 : live.occupants.length + live.hiddenOccupants,
    typing: [...typing],
    ...messages.unread(stored.jid),
    last: last === undefined ? null : {
      nick: last.nick,
      body: last.body.slice(0, 200).toWellFormed(),
      at: last.at,
      mine: last.mine,
    },
  };
}

function stateOf({ state }: StoredRoom, live: Room | undefined): RoomView["state"] {
  if (state === "invited") return "invited";
  if (state !== "joined") return "out";
  return live === undefined || live.state === "out" ? "waiting" : live.state;
}

/** Who is in a room, and who belongs to it without being there. */
export function memberViews(
  live: Room,
  affiliated: ReadonlyMap<string, RoomAffiliation>,
): RoomMemberView[] {
  const here = live.occupants.map(present);
  const seen = new Set(here.map(({ jid }) => jid));
  const away = [...affiliated].filter(([jid]) => !seen.has(jid)).map(([jid, affiliation]) => ({
    nick: "",
    jid,
    affiliation,
    role: "none",
    presence: "offline",
    self: false,
  } satisfies RoomMemberView));
  return [
    ...here.sort((a, b) => ROLES[a.role] - ROLES[b.role] || a.nick.localeCompare(b.nick)),
    ...away,
  ];
}

function present({ nick, jid, affiliation, role, show, self }: Occupant): RoomMemberView {
  return {
    nick,
    jid: jid?.bare().toString() ?? null,
    affiliation,
    role,
    presence: show === "dnd" ? "dnd" : show === "away" || show === "xa" ? "away" : "online",
    self,
  };
}
