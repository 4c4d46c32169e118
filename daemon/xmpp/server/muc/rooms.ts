import { el, Jid, StanzaError } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import { destroy } from "./owner.ts";
import { OpenInvitations } from "./open_invitations.ts";
import { Paces } from "./paces.ts";
import { DEFAULT_ROOM_CONFIG } from "./room_config.ts";
import { Room, type Sender, type Surroundings } from "./room.ts";
import type { RoomArchive } from "./room_archive.ts";
import type { RoomStore } from "./room_store.ts";
import { setAffiliation } from "./standing.ts";

const LONGEST_NAME = 128;
/** Rooms nobody is in that are held still: asking again for a large one is not to cost its size. */
const MOST_RESTING = 100;

/** All rooms: those somebody is in are held in memory, the others are in the store. */
export class Rooms implements Surroundings {
  readonly host: Host;
  readonly store: RoomStore;
  readonly archive: RoomArchive;
  readonly invited = new OpenInvitations();
  readonly guesses: Paces;
  readonly idKey: Uint8Array;
  readonly #active = new Map<string, Room>();
  /** The one asked for last is last. */
  readonly #resting = new Map<string, Room>();

  constructor(host: Host, store: RoomStore, archive: RoomArchive, idKey: Uint8Array) {
    this.host = host;
    this.store = store;
    this.archive = archive;
    this.idKey = idKey;
    const { occupantStanzasPerSecond, occupantStanzaBurst } = host.limits;
    this.guesses = new Paces(occupantStanzasPerSecond, occupantStanzaBurst);
  }

  /** Those that somebody is in. */
  get active(): Iterable<Room> {
    return this.#active.values();
  }

  /** The room of an address, as it is kept when nobody is in it. */
  find(jid: Jid): Room | undefined {
    const active = this.#active.get(jid.local);
    if (active !== undefined) return active;
    const resting = this.#resting.get(jid.local) ?? this.#load(jid);
    if (resting !== undefined) this.#rest(resting);
    return resting;
  }

  #load(jid: Jid): Room | undefined {
    const kept = this.store.get(jid.local);
    if (kept === undefined) return undefined;
    return new Room(this, jid.bare(), kept, this.store.affiliations(jid.local), false);
  }

  #rest(room: Room): void {
    const name = room.jid.local;
    this.#resting.delete(name);
    this.#resting.set(name, room);
    if (this.#resting.size > MOST_RESTING) {
      this.#resting.delete(this.#resting.keys().next().value!);
    }
  }

  /** Holds a room that somebody enters. */
  hold(room: Room): void {
    this.#resting.delete(room.jid.local);
    this.#active.set(room.jid.local, room);
  }

  /**
   * A new room, locked until its owner has configured it (XEP-0045 section 10.1).
   * @throws StanzaError `not-allowed` who has no account here, `resource-constraint`,
   * `not-acceptable` for a name too long
   */
  create(jid: Jid, { jid: creator }: Sender): Room {
    const { rooms, roomsPerAccount } = this.host.limits;
    if (creator.domain !== this.host.domain.domain) {
      throw new StanzaError("cancel", "not-allowed", "rooms are made by accounts of this server");
    }
    if (jid.local.length > LONGEST_NAME) {
      throw new StanzaError("modify", "not-acceptable", `a name has ${LONGEST_NAME} characters`);
    }
    const loose = [...this.#active.values()].filter(({ kept }) => !kept);
    const own = loose.filter((room) => room.creator === creator.local).length;
    if (
      this.store.count() + loose.length >= rooms ||
      this.store.countOf(creator.local) + own >= roomsPerAccount
    ) {
      throw new StanzaError("wait", "resource-constraint", "no more rooms can be made");
    }
    // Whatever is left of one that had this name is nobody's to read.
    this.archive.remove(jid.bare().toString());
    const { limits } = this.host;
    const config = {
      ...DEFAULT_ROOM_CONFIG,
      maxOccupants: Math.min(DEFAULT_ROOM_CONFIG.maxOccupants, limits.roomOccupants),
      historyLength: Math.min(DEFAULT_ROOM_CONFIG.historyLength, limits.roomHistoryMessages),
    };
    return new Room(
      this,
      jid.bare(),
      { name: jid.local, creator: creator.local, config, subject: undefined },
      new Map([[creator.bare().toString(), "owner"]]),
      true,
    );
  }

  emptied(room: Room): void {
    if (this.#active.get(room.jid.local) !== room) return;
    this.#active.delete(room.jid.local);
    if (room.kept) this.#rest(room);
    else this.#forget(room);
  }

  destroyed(room: Room): void {
    this.#active.delete(room.jid.local);
    this.#resting.delete(room.jid.local);
    this.#forget(room);
    if (room.kept) this.store.remove(room.jid.local);
  }

  #forget({ jid }: Room): void {
    this.invited.forget(jid.toString());
    this.archive.remove(jid.toString());
  }

  /** Removes what was said in rooms that are not kept; they are over. */
  forgetLoose(): void {
    for (const room of this.#active.values()) {
      if (!room.kept) this.archive.remove(room.jid.toString());
    }
  }

  /** Removes what was said in rooms that ended with a server before this one. */
  forgetLost(): void {
    const kept = new Set(this.store.names());
    for (const name of this.archive.rooms(roomsDomain(this.host.domain))) {
      const jid = Jid.tryParse(name);
      if (jid !== undefined && !kept.has(jid.local)) this.archive.remove(name);
    }
  }

  /** An account is no more: who takes its name later is nobody to any room. */
  forget(account: Jid): void {
    const jid = account.toString();
    const names = new Set(this.store.roomsOf(jid));
    for (const [name, room] of this.#active) if (room.affiliations.has(jid)) names.add(name);
    for (const name of names) {
      const room = this.find(Jid.parse(`${name}@${roomsDomain(this.host.domain)}`));
      if (room === undefined) continue;
      const affiliated = [...room.affiliations].filter(([bare]) => bare !== jid);
      if (!affiliated.some(([, affiliation]) => affiliation === "owner")) {
        // Who helped to run it runs it now; with nobody left it ends.
        const heirs = affiliated.filter(([, affiliation]) => affiliation === "admin");
        if (heirs.length === 0) {
          destroy(room, el("destroy"));
          continue;
        }
        for (const [heir] of heirs) setAffiliation(room, heir, "owner", {});
      }
      setAffiliation(room, jid, "none", {});
    }
  }
}

/** The domain of a server's rooms. */
export function roomsDomain(server: Jid): string {
  return `rooms.${server.domain}`;
}
