import { type Bytes, logOf, Rate, type SimppdError, steadyNow, toHex } from "../base/mod.ts";
import type { KeyPair, Random } from "../crypto/mod.ts";
import { deviceIdOf } from "../simpp/mod.ts";
import { refused } from "./admission.ts";
import { encodeAnswer, type GroupAnswer } from "./answers.ts";
import type { ControlChannel, ProvedDevice, RoomChannel } from "./channels.ts";
import { isOwner } from "./group_state.ts";
import { type GroupHost, HostedGroup, refusalOf } from "./hosted_group.ts";
import type { KeyServerStore } from "./key_server_store.ts";
import { decodeRequest, type GroupRequest } from "./requests.ts";
import { isBareJid } from "./roster.ts";
import { requireSeparate } from "./separate_registrars.ts";
import { parseSpecification } from "./spec_text.ts";
import type { RegistrarEntry, Specification } from "./specification.ts";

/** Requests of one device, and of all whom the group they ask about knows, a minute. */
const REQUESTS_OF_ONE = 60;
const REQUESTS = 6_000;
/** Requests of all others, and of those of one domain: they never use up what members need. */
const REQUESTS_OF_STRANGERS = 6_000;
const REQUESTS_OF_DOMAIN = 1_200;
const MINUTE = 60_000;
/** Joins and leaves that wait for a batch, in all groups that one person had hosted. */
const WAITING_OF_ONE = 2_048;
/** Groups that one person may have hosted. */
const GROUPS_OF_ONE = 16;
const MAX_GROUPS = 1_024;
/** Ended groups of one person that are kept for members who were away. */
const ENDED_OF_ONE = 32;
const REPEAT = 60_000;

/** What a key server stands on. */
export interface KeyServerOptions {
  readonly store: KeyServerStore;
  readonly control: ControlChannel;
  /** The way to a group's room; asked for once a group. */
  readonly room: (specification: Specification) => RoomChannel;
  readonly random: Random;
  /** Account key it is known by in SIMPP, 32 bytes. */
  readonly accountKey: () => Bytes;
  /** Bare JID it speaks as: groups that name another are not hosted. */
  readonly jid: string;
  /** May this person (bare JID) have groups hosted here? Nobody when absent. */
  readonly mayHost?: (jid: string) => boolean;
  /**
   * Does a room belong to this person (bare JIDs), as the room itself says? Asked before somebody
   * else's group is hosted, so that nobody takes another's room; nobody is asked when absent.
   */
  readonly isRoomOwner?: (room: string, jid: string) => Promise<boolean>;
  /** Registrars of its own that alone say who somebody is; none: it says so itself. */
  readonly registrars?: readonly RegistrarEntry[];
  /** ms since 1970. */
  readonly now?: () => number;
  /** ms from one statement to the next; 60,000. */
  readonly repeat?: number;
}

/**
 * Keystone's key server: keeps the keys of any number of groups, each by its specification. It
 * stands on a store and two channels and knows no transport.
 */
export class KeyServer {
  readonly #o: KeyServerOptions;
  readonly #signing: KeyPair;
  readonly #groups = new Map<string, HostedGroup>();
  readonly #rate = new Rate(REQUESTS_OF_ONE, MINUTE);
  readonly #rateOfAll = new Rate(REQUESTS, MINUTE);
  readonly #rateOfStrangers = new Rate(REQUESTS_OF_STRANGERS, MINUTE);
  readonly #rateOfDomain = new Rate(REQUESTS_OF_DOMAIN, MINUTE);
  readonly #damaged = new Set<string>();
  #closed = false;

  /** Takes up all groups of the store; nothing is said before {@link start}. */
  constructor(options: KeyServerOptions) {
    this.#o = options;
    this.#signing = options.store.signingKey(options.random);
    for (const id of options.store.groupIds()) this.#takeUp(id);
  }

  /** One group that cannot be read is set aside as it is, and the others go on. */
  #takeUp(id: string): void {
    const { store, random } = this.#o;
    try {
      const stored = store.group(id)!;
      const host = (specification: Specification) => this.#host(specification, stored.maker);
      const group = HostedGroup.load(host, stored, random);
      this.#groups.set(id, group);
      if (group.isOver) this.#forget(id);
    } catch (error) {
      this.#damaged.add(id);
      logOf("group").error("the group {id} cannot be read and is set aside: {error}", {
        id,
        error,
      });
    }
  }

  /** Ed25519 key that specifications pin. */
  get key(): Bytes {
    return this.#signing.public;
  }

  /** The groups hosted here. */
  get groups(): readonly HostedGroup[] {
    return [...this.#groups.values()];
  }

  /** Ids of groups whose content cannot be read: nothing of them is changed, nobody is answered. */
  get damaged(): ReadonlySet<string> {
    return this.#damaged;
  }

  group(id: string): HostedGroup | undefined {
    return this.#groups.get(id);
  }

  /** Is this person (bare JID) an owner of a group here, or known to one? */
  knows(jid: string): boolean {
    return this.groups.some((group) => group.knows(jid));
  }

  /** Says every group's statement, and again from time to time. */
  start(): void {
    for (const group of this.#groups.values()) group.start();
  }

  /**
   * It is in a room (again): the group there says how it stands, for what it said last may be lost,
   * an expulsion too.
   */
  sayAgain(room: string): void {
    this.groups.find(({ specification }) => specification.room === room)?.start();
  }

  /** Ends timers; what is stored stays, and the store is its owner's. */
  close(): void {
    this.#closed = true;
    for (const group of this.#groups.values()) group.close();
  }

  /** Resolves when what is to be sent was. */
  async idle(): Promise<void> {
    for (const group of this.#groups.values()) await group.idle();
  }

  /**
   * Hosts a group; one that is hosted already by the same specification stays as it is.
   * @param maker bare JID of who wants it; empty: whoever runs this key server
   * @throws SimppdError `other-key-server`, `group-damaged`, `group-exists`, `room-taken`,
   *   `registrars-needed`, `too-many`
   */
  host(specification: Specification, maker = ""): HostedGroup {
    const { group, keyServer } = specification;
    if (keyServer.jid !== this.#o.jid || toHex(keyServer.key) !== toHex(this.key)) {
      throw refused(
        "other-key-server",
        `The specification names ${keyServer.jid} with the key ${toHex(keyServer.key)}; this is ` +
          `${this.#o.jid} with ${toHex(this.key)}.`,
      );
    }
    if (this.#damaged.has(group)) throw damaged();
    const known = this.#groups.get(group);
    if (known !== undefined) {
      if (known.wasMadeBy(maker)) return known;
      throw refused("group-exists", "There is a group of this id already; make another id.");
    }
    requireSeparate(this.#o.registrars ?? [], specification);
    const open = this.groups.filter(({ state }) => !state.closed);
    if (maker !== "" && open.some((each) => each.specification.room === specification.room)) {
      throw refused("room-taken", "There is a group in this room already; make another room.");
    }
    const ended = this.groups.filter((each) => each.state.closed && each.wasMadeBy(maker));
    const theirs = this.#o.store.countOf(maker) - ended.length;
    if ((maker !== "" && theirs >= GROUPS_OF_ONE) || open.length >= MAX_GROUPS) {
      throw refused("too-many", "This key server hosts no more groups for you.");
    }
    if (maker !== "") this.#forgetEnded(ended);
    const hosted = HostedGroup.create(this.#host(specification, maker), specification, maker);
    this.#groups.set(group, hosted);
    hosted.start();
    return hosted;
  }

  /**
   * Takes a payload of a device whose identity SIMPP proved, and answers it. Never rejects.
   * @param from as proved; the payload's claims count for nothing beside it
   */
  async receive(from: ProvedDevice, payload: Bytes): Promise<void> {
    if (this.#closed || deviceIdOf(from.deviceKey) !== from.device) return;
    // A list with an address that members refuse to read would be nobody's list.
    if (!isBareJid(from.jid)) {
      return logOf("group").info("{jid} has no address that groups take", { jid: from.jid });
    }
    let request: GroupRequest;
    try {
      request = decodeRequest(payload);
    } catch (error) {
      return logOf("group").debug("no request of {jid}: {error}", { jid: from.jid, error });
    }
    // Who asks too much is not answered either: that would be work of the kind that is saved.
    if (!this.#allows(from, request.group)) {
      return logOf("group").info("{jid} asks too much", { jid: from.jid });
    }
    const { request: id, group } = request;
    const answer = await this.#answer(from, request);
    if (answer === null || this.#closed) return;
    try {
      const encoded = encodeAnswer({ request: id, group, ...answer } as GroupAnswer);
      await this.#o.control.send({ jid: from.jid, device: from.device }, encoded);
    } catch (error) {
      logOf("group").info("{jid} was not answered: {error}", { jid: from.jid, error });
    }
  }

  #allows(from: ProvedDevice, group: string): boolean {
    const at = steadyNow();
    if (!this.#rate.allows(toHex(from.deviceKey), at)) return false;
    if (this.#groups.get(group)?.knows(from.jid) === true) return this.#rateOfAll.allows("", at);
    const domain = from.jid.slice(from.jid.indexOf("@") + 1);
    return this.#rateOfDomain.allows(domain, at) && this.#rateOfStrangers.allows("", at);
  }

  async #answer(from: ProvedDevice, request: GroupRequest) {
    try {
      if (request.kind === "host") {
        return await this.#hostFor(from, request.specification, request.group);
      }
      const hosted = this.#groups.get(request.group);
      if (hosted === undefined) {
        if (this.#damaged.has(request.group)) throw damaged();
        throw refused("no-such-group", "This key server hosts no such group.");
      }
      return await hosted.request(from, request);
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** Somebody far away wants a group hosted: an owner of it, by the key SIMPP proved. */
  async #hostFor(from: ProvedDevice, text: string, group: string) {
    if (this.#o.mayHost?.(from.jid) !== true) {
      throw refused("not-allowed", "This key server hosts groups of others alone; run your own.");
    }
    const specification = parseSpecification(text);
    if (specification.group !== group || !isOwner(specification, from.jid, from.accountKey)) {
      throw refused("not-allowed", "The specification must name you, with your keys, as an owner.");
    }
    const { isRoomOwner } = this.#o;
    const isKnown = this.#groups.get(group)?.wasMadeBy(from.jid) === true;
    if (!isKnown && await isRoomOwner?.(specification.room, from.jid) === false) {
      throw refused(
        "not-room-owner",
        `The key server looked into ${specification.room} and did not see you there as the room's ` +
          "owner. Let it in as a member, be in the room yourself, and ask again.",
      );
    }
    if (!this.#closed) this.host(specification, from.jid);
    return { kind: "done" } as const;
  }

  /** Who makes and ends groups without end has the oldest of them forgotten. */
  #forgetEnded(ended: readonly HostedGroup[]): void {
    const endOf = ({ state }: HostedGroup) => state.statement?.time ?? 0;
    const oldest = ended.toSorted((a, b) => endOf(a) - endOf(b));
    for (const { specification } of oldest.slice(0, Math.max(0, ended.length + 1 - ENDED_OF_ONE))) {
      this.#forget(specification.group);
    }
  }

  /** Nothing of a group is left here, its keys least of all. */
  #forget(id: string): void {
    this.#groups.get(id)?.close();
    this.#groups.delete(id);
    this.#o.store.removeGroup(id);
  }

  #host(specification: Specification, maker: string): GroupHost {
    const { store, control, room, random, accountKey, now = Date.now, repeat = REPEAT } = this.#o;
    const { registrars = [] } = this.#o;
    const ours = { signing: this.#signing, room: room(specification), registrars };
    const over = () => this.#forget(specification.group);
    const mayWait = () => {
      const theirs = this.groups.filter((group) => group.wasMadeBy(maker));
      return theirs.reduce((sum, { waiting }) => sum + waiting, 0) < WAITING_OF_ONE;
    };
    return { store, control, random, accountKey, now, repeat, mayWait, over, ...ours };
  }
}

function damaged(): SimppdError {
  return refused(
    "group-damaged",
    "What the key server kept of this group cannot be read; who runs it can restore a backup.",
  );
}
