import { logOf, SimppdError } from "../base/mod.ts";
import { parseSpecification, type Specification } from "../group/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import type { AppApi, GroupTicketInput } from "./api.ts";
import {
  haveHosted,
  newSpecification,
  readRegistrars,
  readServerKey,
  storedGroup,
} from "./group_hosting.ts";
import { groupKnown, requireNoTwin } from "./group_twins.ts";
import { readDataSuites } from "./group_policy.ts";
import { affiliate } from "./group_room.ts";
import { requireOwnTicket } from "./group_tickets.ts";
import type { GroupsOptions } from "./group_surroundings.ts";

/** Characters of a group's name, as a specification takes them. */
const MAX_NAME = 100;

interface MakingOptions extends GroupsOptions {
  /** Opens a group that is stored, and asks for its key. */
  readonly join: (jid: string, ticket: GroupTicketInput | undefined) => Promise<void>;
  /** Forgets a group with its keys and room. */
  readonly remove: (jid: string) => void;
}

/** How one comes into a group without an invitation: by making it, or by its specification. */
export class GroupMaking {
  readonly #o: MakingOptions;

  constructor(options: MakingOptions) {
    this.#o = options;
  }

  /** Makes a group and its room. @returns its address */
  async create(input: Parameters<AppApi["createGroup"]>[0]): Promise<string> {
    const { rooms, stored, servers, control, remove, join } = this.#o;
    const owner = this.#o.self();
    const elsewhere = input.keyServer === undefined ? undefined : {
      jid: keyServerAddress(input.keyServer.jid),
      key: readServerKey(input.keyServer.key),
    };
    const name = groupName(input.name);
    const registrars = readRegistrars(input.registrars ?? []);
    requireOwnTicket(registrars, input.ticket);
    // Who makes a group for a suite allows that suite in it.
    const suites = input.suites === undefined ? undefined : readDataSuites(input.suites);
    if (input.server !== undefined) requireDomain(input.server);
    const jid = await rooms().newAddress({ ...input, sealed: true });
    const keyServer = elsewhere ?? { jid: owner.jid, key: servers.key(owner.jid) };
    const specification = newSpecification({
      name,
      room: jid,
      owner,
      keyServer,
      registrars,
      ...suites === undefined ? {} : { suites },
    });
    stored.put({ ...storedGroup(specification), ...suites === undefined ? {} : { suites } });
    try {
      await rooms().make(jid, { name });
      if (elsewhere === undefined) servers.host(specification);
      else {
        // It says in the room what everybody is to hear.
        await affiliate(rooms(), jid, elsewhere.jid, "member");
        await haveHosted(control, specification);
      }
      await join(jid, input.ticket);
    } catch (error) {
      const room = rooms().live(jid);
      await room?.administration.destroy({}).catch(() => {});
      remove(jid);
      throw error;
    }
    return jid;
  }

  /**
   * Comes into a group whose specification a person has: one that its key server was started with.
   * An owner makes the room where there is none, and lets in whom the access list names.
   * @returns its address
   */
  async bySpecification(text: string, ticket: GroupTicketInput | undefined): Promise<string> {
    const { rooms, stored, remove, join } = this.#o;
    const specification = parseSpecification(text);
    const { room: jid, name } = specification;
    this.#requireNew(specification);
    const leads = this.#isOwner(specification);
    stored.put(storedGroup(specification));
    let made = false;
    try {
      try {
        if (!await rooms().isThere(jid)) throw noRoomYet(specification);
        await rooms().enterSealed(jid, name);
      } catch (error) {
        if (!(error instanceof SimppdError && error.code === "no-such-room")) throw error;
        if (!leads) throw noRoomYet(specification);
        await rooms().make(jid, { name, open: isOpen(specification) });
        made = true;
      }
      if (leads) await this.#letIn(specification);
      await join(jid, ticket);
    } catch (error) {
      if (made) await rooms().live(jid)?.administration.destroy({}).catch(() => {});
      remove(jid);
      throw error;
    }
    return jid;
  }

  #isOwner({ owners }: Specification): boolean {
    const { jid, accountKey } = this.#o.self();
    const fingerprint = fingerprintOf(accountKey);
    return owners.some((owner) => owner.jid === jid && owner.fingerprint === fingerprint);
  }

  /** @throws SimppdError `group-known`, `room-is-person`, `room-not-encrypted` */
  #requireNew({ group, room: jid }: Specification): void {
    const { stored, rooms, people } = this.#o;
    requireNoTwin(stored, { id: group, jid });
    if (stored.get(jid)?.state === "joined") throw groupKnown(jid);
    if (rooms().isPlain(jid)) {
      throw new SimppdError(
        "room-not-encrypted",
        `You are in ${jid} as a room in clear; leave it first (simppd room leave ${jid}).`,
      );
    }
    if (people.has(jid) || jid === this.#o.self().jid) {
      throw new SimppdError("room-is-person", `${jid} is a person's address, and no group's room.`);
    }
  }

  /** The room lets in whom the key server lets in, as far as the list names addresses. */
  async #letIn({ room: jid, keyServer, access, owners }: Specification): Promise<void> {
    const { rooms } = this.#o;
    if (rooms().live(jid)?.self?.affiliation !== "owner") return;
    const own = this.#o.self().jid;
    const named = [
      ...owners.map((owner) => [owner.jid, "owner"] as const),
      [keyServer.jid, "member"] as const,
      ...access.flatMap((each) => each.kind === "jid" ? [[each.jid, "member"] as const] : []),
    ];
    for (const [person, role] of new Map(named.toReversed())) {
      if (person === own) continue;
      try {
        await affiliate(rooms(), jid, person, role);
      } catch (error) {
        logOf("app").warn("{jid} is not told of {person}: {error}", { jid, person, error });
      }
    }
  }
}

/** Are there people of whom the list tells no address? Then the room stands open to all. */
function isOpen({ access }: Specification): boolean {
  return access.some(({ kind }) => kind === "domain" || kind === "account");
}

function noRoomYet({ room, owners }: Specification): SimppdError {
  const who = owners.map(({ jid }) => jid).join(" or ");
  return new SimppdError(
    "no-such-room",
    `The group's room ${room} is not there yet: ${who} has to come in first, which makes it.`,
  );
}

/** A name as a specification takes it. @throws SimppdError `bad-input` */
function groupName(typed: string): string {
  const name = typed.trim();
  if (name.length >= 1 && name.length <= MAX_NAME && !/\p{C}/u.test(name)) return name;
  throw new SimppdError(
    "bad-input",
    `A group's name has 1 to ${MAX_NAME} characters, and none that is invisible or turns the text.`,
  );
}

/** @throws SimppdError `bad-jid` */
function requireDomain(typed: string): void {
  const jid = Jid.tryParse(typed);
  if (jid !== undefined && jid.local === "" && jid.resource === "") return;
  throw new SimppdError(
    "bad-jid",
    `"${typed}" is no domain of a server with rooms, such as rooms.example.org.`,
  );
}

/** @throws SimppdError `bad-jid` */
function keyServerAddress(typed: string): string {
  const jid = Jid.tryParse(typed)?.bare().toString();
  if (jid !== undefined) return jid;
  throw new SimppdError(
    "bad-jid",
    `"${typed}" is no address of a key server, such as keys.example.org.`,
  );
}
