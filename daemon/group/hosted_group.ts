import { type Bytes, fromHex, logOf, Rate, SimppdError, steadyNow, toHex } from "../base/mod.ts";
import type { KeyPair, Random } from "../crypto/mod.ts";
import { actionHash, readAction } from "./action.ts";
import { admitted, checkTicket, full, isVouched, refused, withRoom } from "./admission.ts";
import { encodeStatement } from "./announcements.ts";
import type { GroupAnswer } from "./answers.ts";
import { Batch } from "./batch.ts";
import type { ControlChannel, ProvedDevice, RoomChannel } from "./channels.ts";
import { negotiate, noCommonSuite } from "./data_suites.ts";
import { roleIn, signedLeave, takeAction } from "./deeds.ts";
import { Delivery } from "./delivery.ts";
import { type Change, type Epoch, makeEpoch, standingOf } from "./epoch_change.ts";
import type { Reason } from "./epoch_statement.ts";
import { GroupRecords } from "./group_records.ts";
import { decodeGroup, type GroupState, newGroup } from "./group_state.ts";
import { KeyGraph } from "./key_graph.ts";
import type { KeyServerStore, StoredGroup, StoredRegistration } from "./key_server_store.ts";
import { proveRegistration } from "./registration_proof.ts";
import type { GroupRequest, RequestHead } from "./requests.ts";
import { encodeRoster, MAX_ROSTER, memberIdOf, memberOf } from "./roster.ts";
import { requireSeparate } from "./separate_registrars.ts";
import { printSpecification } from "./spec_text.ts";
import type { RegistrarEntry, Specification } from "./specification.ts";
import type { Ticket } from "./ticket.ts";
import { Timers } from "./timers.ts";

/** How long a registration waits for its join, in ms: longer than the longest batch interval. */
const REGISTRATION_AGE = 2 * 3_600_000;
/** How long nonces of tickets are kept after these expired, for clocks that were set. */
const NONCE_AGE = 86_400_000;
const MAX_REGISTRATIONS = 1024;
/** Acts of one person with all devices in a group, a minute: each writes the whole group. */
const ACTS_OF_ONE = 60;

/**
 * How long an ended group is kept, in ms, for members who were away: after it nobody is told any
 * more that it ended, and its keys are gone.
 */
export const ENDED_AGE = 30 * 86_400_000;

/** What a hosted group stands on. */
export interface GroupHost {
  readonly store: KeyServerStore;
  readonly signing: KeyPair;
  readonly control: ControlChannel;
  readonly room: RoomChannel;
  /** Account key this key server is known by in SIMPP, 32 bytes. */
  readonly accountKey: () => Bytes;
  readonly random: Random;
  /** See {@link requireSeparate}. */
  readonly registrars: readonly RegistrarEntry[];
  /** ms since 1970. */
  readonly now: () => number;
  /** ms between two statements. */
  readonly repeat: number;
  /** May one more wait for its batch, beside those of its maker's other groups? */
  readonly mayWait: () => boolean;
  /** Called when the group ended so long ago that it is to be forgotten. */
  readonly over: () => void;
}

type Request<K extends GroupRequest["kind"]> = Extract<GroupRequest, { kind: K }>;
type Answer = GroupAnswer extends infer A
  ? A extends RequestHead ? Omit<A, keyof RequestHead> : never
  : never;

/**
 * One group on its key server: takes requests, changes the key, says so. Every change is stored
 * before anything of it leaves; requests are answered the same when they are repeated, by what the
 * group is rather than by what is remembered of them.
 */
export class HostedGroup {
  readonly #o: GroupHost;
  readonly #id: string;
  readonly #maker: string;
  readonly #records: GroupRecords;
  readonly #delivery: Delivery;
  readonly #batch: Batch;
  readonly #timers: Timers;
  #state: GroupState;
  #graph: KeyGraph;
  readonly #acts = new Rate(ACTS_OF_ONE, 60_000);
  #closed = false;

  private constructor(
    o: GroupHost,
    maker: string,
    { state, graph }: { state: GroupState; graph: KeyGraph },
  ) {
    this.#o = o;
    this.#maker = maker;
    this.#id = state.specification.group;
    this.#state = state;
    this.#graph = graph;
    this.#records = new GroupRecords(o.store, this.#id, maker);
    this.#delivery = new Delivery(o.control, o.room);
    this.#batch = new Batch(() => this.#state.specification.batchInterval, () => this.#runBatch());
    this.#timers = new Timers({
      repeat: o.repeat,
      renew: () => this.#state.specification.renewInterval,
      onRepeat: () => this.isOver ? this.#o.over() : this.#sayStatement(),
      onRenew: () => this.#renew(),
    });
  }

  /** Hosts a new group. It is stored when this returns. */
  static create(o: GroupHost, specification: Specification, maker: string): HostedGroup {
    const { degree, shape } = specification;
    const state = newGroup(specification, o.random);
    // Wraps are bound to the incarnation: the same names mean other keys in another.
    const group = fromHex(state.incarnation);
    const graph = KeyGraph.create({ degree, shape, group, random: o.random });
    const hosted = new HostedGroup(o, maker, { state, graph });
    o.store.transaction(() => hosted.#records.put(state, graph));
    return hosted;
  }

  /** Takes up a group where it was. @throws SimppdError when what is stored is damaged */
  static load(
    host: (specification: Specification) => GroupHost,
    stored: StoredGroup,
    random: Random,
  ): HostedGroup {
    const group = decodeGroup(stored.content, random);
    return new HostedGroup(host(group.state.specification), stored.maker, group);
  }

  get state(): GroupState {
    return this.#state;
  }
  /** Did this person, or who runs the key server, have it hosted? */
  wasMadeBy(maker: string): boolean {
    return this.#maker === maker;
  }
  /** Is this person (bare JID) an owner, or known to it otherwise? */
  knows(jid: string): boolean {
    return this.#state.persons.has(jid) ||
      this.specification.owners.some((owner) => owner.jid === jid);
  }
  get specification(): Specification {
    return this.#state.specification;
  }
  /** Joins and leaves that wait for the next change of the key. */
  get waiting(): number {
    return this.#batch.size;
  }
  /** Did its owners end it longer than {@link ENDED_AGE} ago? */
  get isOver(): boolean {
    const { closed, statement } = this.#state;
    return closed && this.#o.now() - (statement?.time ?? 0) > ENDED_AGE;
  }

  /** Says the newest statement and begins to do so again and again. */
  start(): void {
    const { restored, roster, statement } = this.#state;
    if (restored && roster.length > 0) this.#renew();
    else this.#sayStatement();
    this.#timers.start(statement === null ? 0 : this.#o.now() - statement.time);
  }

  /** Ends timers; requests that wait are never answered. */
  close(): void {
    this.#closed = true;
    this.#timers.close();
    this.#batch.close();
    this.#delivery.close();
  }

  /** Resolves when what is to be sent was. */
  idle(): Promise<void> {
    return this.#delivery.idle();
  }

  /** @returns null for what is never answered. @throws SimppdError to be answered `refused` */
  async request(from: ProvedDevice, request: GroupRequest): Promise<Answer | null> {
    if (this.#closed) return null;
    if (this.#state.restored) this.#renew();
    switch (request.kind) {
      case "register":
        return this.#register(from, request);
      case "join":
        return await this.#join(from, request);
      case "leave":
        return await this.#leave(from, request);
      case "resync":
        return this.#resync(from, request);
      case "act":
        return this.#act(from, request);
      case "status":
        return this.#standing(from);
      case "specification":
        this.#requireProved(from);
        return { kind: "specified", specification: printSpecification(this.specification) };
      default:
        throw refused("bad-request", "A key server is not asked this.");
    }
  }

  #register(from: ProvedDevice, { request, ticket, suites }: Request<"register">): Answer {
    const { store, random, now } = this.#o;
    const member = memberIdOf(from.jid, from.device);
    this.#requireOpen();
    admitted(withRoom(this.#state), from);
    requireSeparate(this.#o.registrars, this.specification);
    const known = store.registration(this.#id, member);
    if (known?.request === request && isVouched(this.specification, known.registrar)) {
      return this.#registered(from, known);
    }
    const checked = checkTicket(this.specification, ticket, from, now());
    this.#requireSuite([suites], member);
    const waiting = store.dropRegistrations(this.#id, now() - REGISTRATION_AGE);
    // Who registers and does not join makes room for who comes after.
    const oldest = waiting >= MAX_REGISTRATIONS && known === undefined
      ? store.registered(this.#id).find((each) => !this.#batch.joins(each))
      : null;
    if (oldest === undefined) throw full();
    const registration: StoredRegistration = {
      member,
      id: toHex(random(16)),
      request,
      individualKey: random(32),
      suites: [...suites],
      registrar: checked?.registrar ?? "",
      at: now(),
    };
    store.transaction(() => {
      if (checked !== null) this.#useTicket(checked, member);
      if (oldest !== null) store.removeRegistration(this.#id, oldest);
      store.putRegistration(this.#id, registration);
    });
    return this.#registered(from, registration);
  }

  #useTicket({ nonce, expires }: Ticket, member: string): void {
    const { store, now } = this.#o;
    if (store.useNonce(this.#id, nonce, member, expires + NONCE_AGE, now())) return;
    throw refused("ticket-used", "This ticket was used before; ask the registrar for another.");
  }

  #registered(from: ProvedDevice, { individualKey, id }: StoredRegistration): Answer {
    const specification = printSpecification(this.specification);
    const proof = proveRegistration(this.#o.signing.secret, {
      group: this.#id,
      registration: id,
      individualKey,
      member: from,
      server: this.#o.accountKey(),
    });
    return { kind: "registered", individualKey, specification, registration: id, proof };
  }

  async #join(from: ProvedDevice, { registration }: Request<"join">): Promise<Answer | null> {
    const member = memberIdOf(from.jid, from.device);
    this.#requireOpen();
    if (this.#state.registrations.get(member) !== registration) {
      this.#requireRegistration(from, registration);
      this.#requireWaiting();
      if (!await this.#batch.join(member, { from, registration })) return null;
    }
    return { kind: "joined", ...this.#standingOf(member) };
  }

  async #leave(
    from: ProvedDevice,
    { request, action }: Request<"leave">,
  ): Promise<Answer | null> {
    const member = memberIdOf(from.jid, from.device);
    if (!this.#state.registrations.has(member) || this.#batch.hasLeft(request)) {
      return { kind: "left" };
    }
    this.#requireWaiting();
    const leaving = { request, action: signedLeave(this.#state, from, action) };
    if (!await this.#batch.leave(member, leaving)) return null;
    return { kind: "left" };
  }

  #resync(from: ProvedDevice, asked: Request<"resync">): Answer {
    const member = memberIdOf(from.jid, from.device);
    if (!this.#graph.has(member)) {
      throw refused("not-a-member", "You are not a member of this group now; register and join.");
    }
    const chain = this.#chainFrom(asked);
    if (chain?.length !== 0) return { kind: "resynced", chain, ...this.#standingOf(member) };
    // It has the newest epoch and asks for a sign of life: that is not to cost a list of members.
    const statement = this.#state.statement!.encoded;
    const [nothing, leaf] = [new Uint8Array(), { node: 0, version: 0 }];
    return { kind: "resynced", chain, statement, leaf, members: nothing, wraps: nothing };
  }

  #act(from: ProvedDevice, { action: encoded }: Request<"act">): Answer {
    const action = readAction(encoded);
    const done = takeAction(this.#state, from, action);
    if (done === null) return { kind: "done" };
    this.#requireOpen();
    if (!this.#acts.allows(from.jid, steadyNow())) {
      throw refused("busy", "You did very much in this group just now; try again in a minute.");
    }
    const { state, expelled, reasons } = done;
    if (state.specification !== this.specification) {
      requireSeparate(this.#o.registrars, state.specification);
    }
    if (reasons.length === 0) {
      this.#o.store.transaction(() => this.#records.put(state, this.#graph));
      this.#state = state;
    } else {
      this.#change({ state, join: [], leave: expelled, reasons, actions: [action.encoded] });
    }
    return { kind: "done" };
  }

  #standing(from: ProvedDevice): Answer {
    this.#requireProved(from);
    const { statement, roster, incarnation } = this.#state;
    const encoded = statement?.encoded ?? new Uint8Array();
    return { kind: "standing", incarnation, statement: encoded, members: encodeRoster(roster) };
  }

  /** Where registrars are named, a device is told of the group only once one vouched for it. */
  #requireProved(from: ProvedDevice): void {
    const member = memberIdOf(from.jid, from.device);
    if (this.#graph.has(member)) return;
    admitted(withRoom(this.#state), from);
    const known = this.#o.store.registration(this.#id, member);
    if (known !== undefined && isVouched(this.specification, known.registrar)) return;
    checkTicket(this.specification, new Uint8Array(), from, this.#o.now());
  }

  #standingOf(member: string) {
    const { statement, roster, epoch } = this.#state;
    const { leaf, wraps } = standingOf(this.#graph, member, epoch);
    return { statement: statement!.encoded, members: encodeRoster(roster), leaf, wraps };
  }

  #chainFrom({ incarnation, epoch, link }: Request<"resync">): Bytes[] | null {
    return incarnation === this.#state.incarnation ? this.#records.chainFrom(epoch, link) : null;
  }

  /** Joins and leaves that were gathered. */
  #runBatch(): void {
    const { joins, leaves } = this.#batch.take();
    const leaving = [...leaves.keys()].filter((id) => this.#graph.has(id));
    const join: Change["join"][number][] = [];
    const failed = new Map<string, unknown>();
    const leave = new Set(leaving);
    let state = this.#state;
    for (const [id, { from, registration }] of joins) {
      try {
        const stored = this.#requireRegistration(from, registration);
        const roomy = withRoom(state, join.map(({ member }) => member.jid));
        const person = admitted(roomy, from);
        // From now on this person is who has this account key.
        const next = { ...roomy, persons: new Map(roomy.persons).set(from.jid, person) };
        const role = roleIn(next, from.jid, from.accountKey);
        const member = memberOf(from.jid, from.deviceKey, from.accountKey, role);
        // Members refuse a list in which a device stands under two accounts: nobody is to stop them so.
        const others = [...state.roster, ...join.map((each) => each.member)];
        if (others.some((each) => each.device === member.device && each.id !== id)) {
          throw refused("other-keys", "This device is in the group under another account.");
        }
        this.#requireRoom([...join.map((each) => each.member), member]);
        this.#requireSuite([...join.map((each) => each.registration.suites), stored.suites], id);
        if (this.#graph.has(id)) leave.add(id);
        join.push({ member, registration: stored });
        state = next;
      } catch (error) {
        failed.set(id, error);
      }
    }
    const gone = leaving.filter((id) => !join.some(({ member }) => member.id === id))
      .map((id) => ({ id, action: leaves.get(id) ?? null }));
    const reasons = gone.map(({ id, action }): Reason => ({
      kind: "left",
      subject: id,
      action: action && actionHash(action),
    }));
    const actions = gone.flatMap(({ action }) => action ?? []);
    try {
      if (join.length > 0 || leave.size > 0) {
        this.#change({ state, join, leave: [...leave], reasons, actions });
      }
      this.#batch.settle([...joins.keys()], [...leaves.keys()], failed);
    } catch (error) {
      this.#batch.fail([...joins.keys()], [...leaves.keys()], error);
    }
  }

  /** A fresh key for everybody, though nobody came or went. */
  #renew(): void {
    if (this.#state.roster.length === 0 || this.#state.closed) return;
    const kind = this.#state.restored ? "restored" : "renewed";
    try {
      const reasons = [{ kind, subject: "", action: null } as const];
      this.#change({ state: this.#state, join: [], leave: [], reasons, actions: [] });
    } catch (error) {
      logOf("group").error("the key of {group} was not renewed: {error}", {
        group: this.#id,
        error,
      });
    }
  }

  #change(change: Change): void {
    const { restored, epoch: before } = change.state;
    const reasons = restored && change.reasons[0]?.kind !== "restored"
      ? [{ kind: "restored", subject: "", action: null } as const, ...change.reasons]
      : before === 0
      ? [{ kind: "created", subject: "", action: null } as const, ...change.reasons]
      : change.reasons;
    let epoch: Epoch;
    try {
      epoch = makeEpoch(this.#graph, { ...change, reasons }, this.#o.signing, this.#o.now());
      this.#records.putEpoch(epoch, this.#graph, change);
    } catch (error) {
      // The graph in memory is ahead of what is stored: nothing of it may leave.
      ({ state: this.#state, graph: this.#graph } = this.#records.read(this.#o.random));
      throw error;
    }
    this.#state = epoch.state;
    this.#timers.changed();
    this.#send(epoch);
  }

  #send({ room, single, joined, state }: Epoch): void {
    const members = new Map(state.roster.map((member) => [member.id, member]));
    const others = state.roster.filter(({ id }) => !joined.has(id));
    for (const payload of room) this.#delivery.publish(payload, others);
    for (const [id, payloads] of single) {
      const member = members.get(id);
      if (member === undefined) continue;
      for (const payload of payloads) this.#delivery.send(member, payload);
    }
  }

  #sayStatement(): void {
    const { statement, roster } = this.#state;
    if (statement === null || roster.length === 0) return;
    this.#delivery.publish(encodeStatement(this.#id, statement.encoded));
  }

  #requireWaiting(): void {
    if (!this.#o.mayWait()) throw refused("busy", "Too many wait here; try again in a moment.");
  }

  #requireOpen(): void {
    if (this.#state.closed) throw refused("group-closed", "The owners ended this group.");
  }

  #requireRegistration(from: ProvedDevice, id: string): StoredRegistration {
    const stored = this.#o.store.registration(this.#id, memberIdOf(from.jid, from.device));
    if (stored?.id === id && isVouched(this.specification, stored.registrar)) return stored;
    throw refused("not-registered", "There is no such registration (any more); register anew.");
  }

  #requireRoom(members: readonly ReturnType<typeof memberOf>[]): void {
    const size = encodeRoster([...this.#state.roster, ...members]).length;
    if (size > MAX_ROSTER) throw full();
  }

  /** @throws SimppdError `no-common-suite`: one who comes never weakens it beyond what all allow */
  #requireSuite(newcomers: readonly (readonly number[])[], except: string): void {
    const present = [...this.#state.policies].filter(([id]) => id !== except);
    const policies = [...present.map(([, suites]) => suites), ...newcomers];
    const { suites: allowed } = this.specification;
    if (negotiate(allowed, policies) !== undefined) return;
    throw refused("no-common-suite", noCommonSuite(allowed, newcomers.at(-1)!, present));
  }
}

/** An error in the words of an answer. */
export function refusalOf(error: unknown): Answer {
  if (error instanceof SimppdError) {
    return { kind: "refused", code: error.code, message: error.publicMessage };
  }
  logOf("group").error("a request failed: {error}", { error });
  return { kind: "refused", code: "internal", message: "The key server failed; its log has why." };
}
