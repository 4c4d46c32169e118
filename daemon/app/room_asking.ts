import { SimppdError, toHex } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import type { StoredRoom } from "../store/mod.ts";
import type { RoomInvitationView } from "../views/mod.ts";
import type { Room, Rooms } from "../xmpp/client/mod.ts";
import { newId, StanzaError } from "../xmpp/core/mod.ts";
import type { AppApi } from "./api.ts";
import { roomError } from "./room_problem.ts";
import { usernameOf } from "./username.ts";

const MAX_NAME = 100;

/** @throws SimppdError `room-not-encrypted` unless the person said that it may be in clear */
export function requirePlain(plain: boolean | undefined): void {
  if (plain === true) return;
  throw new SimppdError(
    "room-not-encrypted",
    "Rooms are not encrypted: the room's server can read everything here. Confirm that first " +
      '("plain": true, or --plain on the command line).',
  );
}

/** Gives or takes a role, of a nick, or an affiliation, of an address. @throws SimppdError `room-…` */
export async function changeStanding(
  { administration }: Room,
  { nick, jid, role, affiliation, reason }: Parameters<AppApi["changeRoomMember"]>[1],
): Promise<void> {
  if ((role === undefined) === (affiliation === undefined)) {
    throw new SimppdError("bad-input", "Name either a role, for a nick, or an affiliation.");
  }
  try {
    if (role !== undefined) {
      if (nick === undefined) throw needed("the nick of who is there, for a role");
      await administration.setRole(nick, role, reason);
    } else if (affiliation !== undefined) {
      if (jid === undefined) throw needed("an address, for an affiliation");
      await administration.setAffiliation(jid, affiliation, reason);
    }
  } catch (error) {
    // We are in it: what was not found is who was named.
    if (error instanceof StanzaError && error.condition === "item-not-found") {
      throw new SimppdError("no-such-occupant", `Nobody in the room is ${nick ?? jid}.`, error);
    }
    throw roomError(error);
  }
}

function needed(what: string): SimppdError {
  return new SimppdError("bad-input", `This needs ${what}.`);
}

/**
 * An address for a room that is to be made, on our own server's rooms where none is named. It says
 * what the room is called, but for the room of a group (`sealed`): the server sees addresses.
 * @throws SimppdError `bad-input`, `no-room-service`
 */
export async function newRoomAddress(
  rooms: Rooms,
  { name, server, sealed = false }: { name: string; server?: string; sealed?: boolean },
): Promise<string> {
  const wanted = name.trim();
  if (wanted === "" || wanted.length > MAX_NAME) {
    throw new SimppdError("bad-input", `A room's name has 1 to ${MAX_NAME} characters.`);
  }
  const service = server ?? (await rooms.services())[0]?.toString();
  if (service === undefined) {
    throw new SimppdError(
      "no-room-service",
      "Your server has no rooms; name another server that has, such as rooms.example.org.",
    );
  }
  if (sealed) return `g-${toHex(systemRandom(10))}@${service}`;
  const local = `${usernameOf(wanted, "room")}-${newId().replace(/[^a-z0-9]/gi, "").slice(0, 6)}`;
  return `${local.toLowerCase()}@${service}`;
}

/** A room as it is stored when one enters it, with nothing in it. */
export function blankRoom(jid: string, known: StoredRoom | undefined): StoredRoom {
  return {
    jid,
    state: "joined",
    at: Date.now(),
    bookmarked: false,
    archived: known?.archived ?? null,
    encryption: "none",
    name: "",
    nick: "",
    password: null,
    invitation: null,
    problem: null,
  };
}

/** The room of an encrypted group to which somebody invites us under seal. */
export function sealedInvitation(
  jid: string,
  known: StoredRoom | undefined,
  name: string,
  invitation: RoomInvitationView,
): StoredRoom {
  const state = { state: "invited", encryption: "keystone", name, invitation } as const;
  return { ...blankRoom(jid, known), ...state };
}
