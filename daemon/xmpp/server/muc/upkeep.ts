import { SimppdError } from "../../../base/mod.ts";
import { el, Jid, StanzaError } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import { configure, destroy } from "./owner.ts";
import type { Room } from "./room.ts";
import { type Rooms, roomsDomain } from "./rooms.ts";
import { MucService } from "./service.ts";

/** A room as the server's administrator sees it. */
export interface RoomOverview {
  readonly jid: string;
  readonly title: string;
  /** Is it shown to who looks for rooms? */
  readonly public: boolean;
  readonly membersOnly: boolean;
  /** Bare JIDs. */
  readonly owners: readonly string[];
  /** How many are in it. */
  readonly occupants: number;
}

/** What the server's administrator does with rooms, from outside of them. */
export class RoomUpkeep {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Those that are kept, and those that are not and somebody is in, by name. */
  list(): RoomOverview[] {
    const rooms = this.#rooms;
    const names = new Set(rooms.store.names());
    for (const room of rooms.active) names.add(room.jid.local);
    return [...names].sort().flatMap((name) => {
      const room = rooms.find(this.#jidOf(name));
      return room === undefined ? [] : [overview(room)];
    });
  }

  /**
   * @param open anybody may find and enter it; else it is hidden, and for members alone
   * @throws SimppdError `bad-room`, `room-exists`, `too-many-rooms`
   */
  create(name: string, owner: Jid, open: boolean): RoomOverview {
    const jid = this.#jidOf(name);
    const rooms = this.#rooms;
    if (rooms.find(jid) !== undefined) {
      throw new SimppdError("room-exists", `There is a room ${jid} already; choose another name.`);
    }
    try {
      const room = rooms.create(jid, { jid: owner, session: undefined });
      configure(room, open ? { ...room.config, public: true, membersOnly: false } : room.config);
      return overview(room);
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      const full = error.condition === "resource-constraint";
      throw new SimppdError(
        full ? "too-many-rooms" : "bad-room",
        full
          ? `${owner} or the server has all rooms the limits rooms and roomsPerAccount allow.`
          : `The room ${jid} cannot be made: ${error.text ?? error.condition}.`,
        error,
      );
    }
  }

  /**
   * @returns its JID
   * @throws SimppdError `unknown-room`, `bad-room`
   */
  remove(name: string): string {
    const jid = this.#jidOf(name);
    const room = this.#rooms.find(jid);
    if (room === undefined) throw new SimppdError("unknown-room", `There is no room ${jid}.`);
    destroy(room, el("destroy"));
    return jid.toString();
  }

  get #rooms(): Rooms {
    const service = this.#host.services.get(roomsDomain(this.#host.domain));
    if (service instanceof MucService) return service.rooms;
    throw new SimppdError("unknown-room", "This server has no rooms.");
  }

  #jidOf(name: string): Jid {
    const jid = Jid.tryParse(`${name}@${roomsDomain(this.#host.domain)}`);
    const plain = jid?.domain === roomsDomain(this.#host.domain) && jid.resource === "";
    if (jid !== undefined && plain && jid.local !== "") return jid;
    throw new SimppdError("bad-room", `"${name}" cannot be a room's name.`);
  }
}

function overview({ jid, config, affiliations, occupants }: Room): RoomOverview {
  const owners = [...affiliations].filter(([, affiliation]) => affiliation === "owner");
  return {
    jid: jid.toString(),
    title: config.name,
    public: config.public,
    membersOnly: config.membersOnly,
    owners: owners.map(([owner]) => owner),
    occupants: occupants.size,
  };
}
