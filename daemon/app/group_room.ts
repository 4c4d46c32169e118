import { SimppdError } from "../base/mod.ts";
import type { Role } from "../group/mod.ts";
import type { GroupMemberView } from "../views/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import { roomError } from "./room_problem.ts";
import type { AppRooms } from "./rooms.ts";

/** Room affiliations that go with roles: who leads a group must be able to let people into its room. */
const AFFILIATIONS = {
  owner: "owner",
  admin: "admin",
  member: "member",
  listener: "member",
} as const;

/**
 * Puts somebody on the list of a group's room, as their role asks for; null: takes them off it.
 * @throws SimppdError `not-in-room`, `room-…`
 */
export async function affiliate(
  rooms: AppRooms,
  jid: string,
  person: string,
  role: Role | null,
): Promise<void> {
  const room = rooms.live(jid);
  if (room === undefined) {
    throw new SimppdError("not-in-room", "You are not in the group's room right now.");
  }
  try {
    const affiliation = role === null ? "none" : AFFILIATIONS[role];
    await room.administration.setAffiliation(Jid.parse(person).bare(), affiliation);
  } catch (error) {
    throw roomError(error);
  }
}

/** Who is there, as the room tells, by bare JID. */
export function presenceIn(
  rooms: AppRooms,
  jid: string,
): ReadonlyMap<string, GroupMemberView["presence"]> {
  const presence = new Map<string, GroupMemberView["presence"]>();
  if (rooms.live(jid) === undefined) return presence;
  for (const { nick, jid: person, presence: shown } of rooms.members(jid)) {
    if (person !== null && nick !== "") presence.set(person, shown);
  }
  return presence;
}

/** Is this person or component seen in a room? Undefined while we are not in it. */
export function isSeenIn(rooms: AppRooms, jid: string, person: string): boolean | undefined {
  return rooms.live(jid) === undefined ? undefined : presenceIn(rooms, jid).has(person);
}
