import { type Bytes, Emitter, logOf, SimppdError } from "../base/mod.ts";
import {
  type DataSuiteId,
  type GroupMember,
  type GroupPhase,
  parseSpecification,
  peek,
  printSpecification,
  type ProvedDevice,
  type Specification,
} from "../group/mod.ts";
import type { StoredGroup } from "../store/mod.ts";
import type { GroupView, Problem, RoomMessageView } from "../views/mod.ts";
import { type Element, Jid } from "../xmpp/core/mod.ts";
import type { AppApi, GroupTicketInput } from "./api.ts";
import { checkBody } from "./chats.ts";
import type { Connection } from "./connection.ts";
import type { GroupsOptions, ToldInGroup } from "./group_surroundings.ts";
import { GroupDeeds } from "./group_deeds.ts";
import { GroupHere, type OpenGroup } from "./group_here.ts";
import { takeInvitation } from "./group_invitations.ts";
import { GroupInviting } from "./group_inviting.ts";
import { GroupLeavers, keyServerNotTold } from "./group_leavers.ts";
import { leaveKeys } from "./group_leaving.ts";
import { GroupMaking } from "./group_making.ts";
import { affiliate, presenceIn } from "./group_room.ts";
import { GroupTalk } from "./group_talk.ts";
import { GroupTickets, isRegistrar } from "./group_tickets.ts";
import { requireNoTwin } from "./group_twins.ts";
import { groupView } from "./group_views.ts";
import type { Incoming } from "./incoming.ts";
import { shown } from "./room_log.ts";
import type { HeardInGroup, SealedRooms } from "./room_stay.ts";
import { Seldom } from "./seldom.ts";

/** A group's view is shown again at most so often, in ms. */
const TOUCH_EVERY = 250;
/** Phases in which an invitation opens a group anew that one was in. */
const OUTSIDE: readonly string[] = ["removed", "refused"] satisfies GroupPhase[];

/**
 * Encrypted groups (Keystone): those one is in, was in, or is invited to. Each stands on a room of
 * `AppRooms`, in whose log its messages are; what goes through that room is sealed or is not sent.
 */
export class AppGroups implements SealedRooms {
  readonly told = new Emitter<ToldInGroup>();
  /** What is done about who is in a group. */
  readonly deeds: GroupDeeds;
  readonly #o: GroupsOptions;
  readonly #here = new Map<string, GroupHere>();
  readonly #touched: Seldom;
  readonly #tickets: GroupTickets;
  readonly #leavers: GroupLeavers;
  readonly #inviting: GroupInviting;
  readonly #making: GroupMaking;
  #online = false;

  constructor(options: GroupsOptions) {
    this.#o = options;
    this.#touched = new Seldom(TOUCH_EVERY, (jid) => this.#show(jid));
    this.#tickets = new GroupTickets(options);
    this.#leavers = new GroupLeavers({
      ...options,
      keys: (jid) => this.#here.get(jid)?.keys,
      room: (jid) => options.rooms().live(jid),
    });
    this.#inviting = new GroupInviting({
      ...options,
      own: () => options.self().jid,
      nameOf: (jid) => shown(this.#nameOf(jid)),
      affiliate: (jid, person, role) => affiliate(options.rooms(), jid, person, role),
      line: (jid, sentence) => options.rooms().log.news(jid, sentence),
      changed: (jid) => this.#touch(jid),
    });
    this.#making = new GroupMaking({
      ...options,
      join: (jid, ticket) => {
        const group = this.#get(jid);
        return this.#tickets.with(group.id, ticket, () => this.#open(group).join());
      },
      remove: (jid) => this.#remove(jid),
    });
    this.deeds = new GroupDeeds({
      rooms: options.rooms,
      inviting: this.#inviting,
      leavers: this.#leavers,
      inside: (jid) => ({ group: this.#get(jid), keys: this.#inside(jid).keys }),
      has: (jid) => this.has(jid),
      specification: (group) => this.#specification(group),
      remove: (jid) => this.#remove(jid),
    });
    options.control.received.on(({ from, payload }) => this.#control(from, payload));
  }

  /** Opens what is stored; once the account is known. */
  start(): void {
    this.#o.servers.start(this.#o.self().jid);
    for (const group of this.#o.stored.all()) {
      try {
        if (group.state === "joined") this.#open(group);
      } catch (error) {
        // The others go on.
        logOf("app").error("the group {jid} does not open: {error}", { jid: group.jid, error });
      }
    }
  }

  /** Uses this connection from now on. */
  attach({ client }: Connection): void {
    client.events.on(({ state }) => {
      this.#online = state === "online";
      if (this.#online) this.start();
      for (const { keys } of this.#here.values()) keys.setOnline(this.#online);
    });
  }

  close(): void {
    this.deeds.close();
    this.#leavers.close();
    this.#touched.close();
    for (const here of this.#here.values()) here.close();
    this.#here.clear();
    this.#o.servers.close();
  }

  /** Is there a group whose room this is, whatever we are to it? */
  has(jid: string): boolean {
    return this.#o.stored.get(jid) !== undefined;
  }

  /** Is this somebody with whom a group has us speak under seal, contact or not? */
  isPeer(jid: string): boolean {
    if (this.#o.servers.isPeer(jid)) return true;
    return this.#o.stored.all().some((group) => {
      if (group.state !== "joined") return false;
      const specification = this.#specification(group);
      return specification.keyServer.jid === jid || isRegistrar(specification, jid);
    });
  }

  heard(jid: string, message: HeardInGroup): boolean {
    return this.#here.get(jid)?.talk.heard(message) ?? true;
  }

  moved(jid: string): void {
    if (!this.has(jid)) return;
    const present = this.#o.rooms().live(jid) !== undefined;
    if (present) this.#o.servers.entered(jid);
    this.#here.get(jid)?.moved(present);
    this.#touch(jid);
  }

  /** Takes what was opened, if it is an invitation to a group, or an answer to one of ours. */
  receive(received: Incoming): void {
    const { from, envelope } = received;
    const { people, stored, rooms } = this.#o;
    if (this.#inviting.receive(received)) return;
    const group = takeInvitation(from, envelope, {
      people,
      stored,
      isVerified: (jid) => this.#o.pinned(jid)?.verified ?? false,
      own: this.#o.self().jid,
      isPlainRoom: (jid) => rooms().isPlain(jid),
      isOut: (jid) => OUTSIDE.includes(this.#here.get(jid)?.keys.phase ?? ""),
    });
    if (group === undefined) return;
    const { name } = this.#specification(group);
    if (group.state === "invited") rooms().invitedTo(group.jid, name, group.invitation!);
    stored.put(group);
    this.#touch(group.jid);
  }

  list(): GroupView[] {
    return this.#o.stored.all().filter(({ state }) => state !== "declined")
      .map((group) => this.#view(group));
  }

  async create(input: Parameters<AppApi["createGroup"]>[0]): Promise<GroupView> {
    const jid = await this.#making.create(input);
    this.#touch(jid);
    return this.#view(this.#get(jid));
  }

  /** Comes into a group by its specification; see {@link GroupMaking.bySpecification}. */
  async joinSpecified(text: string, ticket?: GroupTicketInput): Promise<GroupView> {
    const jid = await this.#making.bySpecification(text, ticket);
    this.#touch(jid);
    return this.#view(this.#get(jid));
  }

  /** Data suites allowed in groups without a choice of their own. */
  get suites(): readonly DataSuiteId[] {
    return this.#o.policy.everywhere;
  }

  /** Allows data suites everywhere (`jid` null) or in a group; `suites` null: as everywhere. */
  setSuites(jid: string | null, suites: readonly string[] | null): void {
    const { policy } = this.#o;
    if (jid === null) policy.setEverywhere(suites ?? []);
    else policy.set(this.#get(jid).jid, suites);
    for (const { jid } of this.#o.stored.all()) this.#touch(jid);
  }

  async answer(
    jid: string,
    answer: "accept" | "later" | "decline",
    ticket?: GroupTicketInput,
  ): Promise<GroupView> {
    const group = this.#get(jid);
    if (group.invitation === null) {
      throw new SimppdError("unknown-invitation", `No invitation to ${jid} waits for an answer.`);
    }
    if (answer === "accept") return await this.join(jid, ticket);
    if (answer === "later") {
      this.#o.stored.put({ ...group, invitation: { ...group.invitation, later: true } });
      this.#touch(jid);
      await this.#inviting.tell(group, "later");
      return this.#view(this.#get(jid));
    }
    await this.#inviting.tell(group, "declined");
    const last = this.#view(group);
    // Who was in it before keeps what was said then.
    if (group.state === "joined") {
      this.#o.stored.put({ ...group, invitation: null });
      this.#touch(jid);
      return this.#view(this.#get(jid));
    }
    this.#remove(group.jid);
    this.#o.stored.put({ ...group, state: "declined", at: Date.now(), invitation: null });
    return { ...last, state: "out", invitation: null };
  }

  async join(jid: string, ticket?: GroupTicketInput): Promise<GroupView> {
    const before = this.#get(jid);
    requireNoTwin(this.#o.stored, before);
    return await this.#tickets.with(before.id, ticket, async () => {
      await this.#o.rooms().enterSealed(before.jid, this.#specification(before).name);
      const group = {
        ...this.#get(jid),
        state: "joined",
        invitation: null,
        problem: null,
      } as const;
      this.#o.stored.put({ ...group, at: Date.now() });
      const here = this.#open(group);
      this.#touch(before.jid);
      await here.join();
      return this.#view(this.#get(jid));
    });
  }

  async leave(jid: string, force: boolean): Promise<void> {
    const group = this.#get(jid);
    // Who has only been invited says no: whoever invited them is told.
    if (group.state === "invited") return void await this.answer(jid, "decline");
    const keys = this.#keysOf(group);
    const inside = keys !== undefined && ["in", "behind", "joining"].includes(keys.phase);
    if (this.#o.servers.has(group.id) && !force && inside) {
      throw new SimppdError(
        "keeps-keys",
        "This device keeps the keys of the group: end it for everybody, or stay in it.",
      );
    }
    if (inside && !force) {
      if (!this.#online) throw keyServerNotTold();
      await leaveKeys(keys);
    }
    this.#remove(group.jid);
  }

  /** A group's keys, also before the first connection; undefined when we are not in, or they are damaged. */
  #keysOf(group: StoredGroup): OpenGroup | undefined {
    const here = this.#here.get(group.jid);
    if (here !== undefined || group.state !== "joined") return here?.keys;
    try {
      const { keys } = this.#open(group);
      keys.setOnline(this.#online);
      return keys;
    } catch (error) {
      logOf("app").error("the group {jid} does not open: {error}", { jid: group.jid, error });
      return undefined;
    }
  }

  send(jid: string, body: string): RoomMessageView {
    checkBody(body);
    return this.#inside(jid).talk.send(body);
  }

  /** Says that a message of ours reads otherwise, once the room has repeated that. */
  async correct(jid: string, id: string, body: string): Promise<RoomMessageView> {
    checkBody(body);
    return await this.#inside(jid).talk.correct(id, body);
  }

  setTyping(jid: string, typing: boolean): void {
    this.#inside(jid).talk.setTyping(typing);
  }

  /** Seals and says something that is no text. @throws SimppdError as {@link send} */
  tell(jid: string, content: Element): void {
    this.#inside(jid).talk.tell(content);
  }

  /** The devices in a group now; none while we are not. */
  membersOf(jid: string): readonly GroupMember[] {
    return this.#here.get(jid)?.keys.epoch?.members ?? [];
  }

  /** What a group's members agreed on. @throws SimppdError `unknown-group` */
  agreed(jid: string): Specification {
    return this.#specification(this.#get(jid));
  }

  specification(jid: string): { text: string } {
    return { text: printSpecification(this.#specification(this.#get(jid))) };
  }

  #control(from: ProvedDevice, payload: Bytes): void {
    const about = peek(payload);
    if (about === undefined) return;
    if (this.#o.servers.receive(from, payload)) return;
    const group = this.#o.stored.byId(about.group);
    // What a registrar says is for who asked it, and nothing of the key server's.
    if (group === undefined || isRegistrar(this.#specification(group), from.jid)) return;
    this.#here.get(group.jid)?.keys.receive(from, payload);
  }

  #open(group: StoredGroup): GroupHere {
    const { jid } = group;
    const known = this.#here.get(jid);
    if (known !== undefined) return known;
    const keys = this.#o.open(
      this.#specification(group),
      (specification) => this.#tickets.ticket(specification),
    );
    const nameOf = (of: string) => this.#nameOf(of);
    const touch = () => this.#touch(jid);
    const talk = new GroupTalk({
      jid,
      keys,
      log: this.#o.rooms().log,
      own: this.#o.self().jid,
      nick: this.#o.nick,
      nameOf,
      room: () => this.#o.rooms().live(jid),
      touch,
      told: (from, content) => this.told.emit({ group: jid, from, content }),
      refused: (cause) => this.#count(jid, cause),
      wasTold: (cause) => told.has(cause),
    });
    const told = new Set(Object.keys(group.refused));
    const here = new GroupHere({
      jid,
      keys,
      talk,
      nameOf,
      touch,
      trouble: (problem) => this.#trouble(jid, problem),
      left: (person) => {
        this.#inviting.gone(jid, [person]);
        void this.#leavers.left(jid, person);
      },
      members: (members) => {
        this.#inviting.gone(jid, members.map((member) => member.jid));
        void this.#leavers.lost(jid, members);
      },
    });
    this.#here.set(jid, here);
    const problem = this.#o.servers.problem(this.#specification(group));
    if (problem !== undefined) talk.news(problem);
    if (this.#o.rooms().live(jid) !== undefined) here.moved(true);
    return here;
  }

  #trouble(jid: string, problem: Problem | null): void {
    const group = this.#o.stored.get(jid);
    if (group !== undefined && group.problem !== problem) this.#o.stored.put({ ...group, problem });
  }

  #count(jid: string, cause: string): void {
    const group = this.#o.stored.get(jid);
    if (group === undefined) return;
    const refused = { ...group.refused, [cause]: (group.refused[cause] ?? 0) + 1 };
    this.#o.stored.put({ ...group, refused });
    this.#touch(jid);
  }

  #remove(jid: string): void {
    const here = this.#here.get(jid);
    here?.close();
    this.#here.delete(jid);
    // Also those of a group that was not opened in this run, or does not open.
    const group = this.#o.stored.get(jid);
    if (group !== undefined && this.#o.stored.twin(group) === undefined) this.#o.forget(group.id);
    this.#o.stored.remove(jid);
    this.#touched.drop(jid);
    if (!this.#o.rooms().isPlain(jid)) this.#o.rooms().drop(jid);
  }

  #touch(jid: string): void {
    this.#touched.ask(jid);
  }

  #show(jid: string): void {
    const group = this.#o.stored.get(jid);
    if (group === undefined || group.state === "declined") return;
    this.#o.events.emit({ type: "group", data: this.#view(group) });
  }

  #view(group: StoredGroup): GroupView {
    const rooms = this.#o.rooms();
    return groupView({
      stored: group,
      specification: this.#specification(group),
      keys: this.#here.get(group.jid)?.keys,
      typing: this.#here.get(group.jid)?.talk.typing ?? [],
      room: rooms.known.list().find(({ jid }) => jid === group.jid),
      hosted: this.#o.servers.has(group.id),
      self: this.#o.self(),
      nameOf: (jid) => this.#nameOf(jid),
      pinned: this.#o.pinned,
      presence: presenceIn(rooms, group.jid),
      policy: this.#o.policy,
      carries: this.#o.carries,
    });
  }

  #nameOf(jid: string): string {
    if (jid === this.#o.self().jid) return this.#o.nick();
    const { people } = this.#o;
    return people.has(jid) ? people.get(jid).name : jid;
  }

  /** As it is valid now, where we are in; else as it came with the invitation. */
  #specification(group: StoredGroup): Specification {
    return this.#here.get(group.jid)?.keys.specification ?? parseSpecification(group.specification);
  }

  /** @throws SimppdError `unknown-group` */
  #get(jid: string): StoredGroup {
    const group = this.#o.stored.get(Jid.tryParse(jid)?.bare().toString() ?? "");
    if (group !== undefined && group.state !== "declined") return group;
    throw new SimppdError("unknown-group", `${jid} is none of your groups; see simppd group list.`);
  }

  /** @throws SimppdError `not-in-group` */
  #inside(jid: string): GroupHere {
    const group = this.#get(jid);
    const here = this.#here.get(group.jid);
    if (here !== undefined && group.state === "joined") return here;
    throw new SimppdError(
      "not-in-group",
      group.invitation === null
        ? "You are not in this group."
        : "You are not in this group yet: accept its invitation first.",
    );
  }
}
