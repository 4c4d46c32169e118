import { Backoff, type Bytes, logOf, publicError, SimppdError } from "../base/mod.ts";
import { equal, type Random } from "../crypto/mod.ts";
import { ACTION_LABEL, type Deed, signAction } from "./action.ts";
import { decodeRekey, decodeStatement, type RekeyPart } from "./announcements.ts";
import { decodeAnswer, type GroupAnswer, MAX_CHAIN } from "./answers.ts";
import type { DataProcessor } from "./data_processor.ts";
import { dataSuiteCodes, type DataSuiteId } from "./data_suites.ts";
import {
  followChain,
  isStatementOf,
  readStatement,
  type SignedStatement,
} from "./epoch_statement.ts";
import { GroupError } from "./errors.ts";
import type {
  GroupEpoch,
  GroupEvent,
  GroupPhase,
  IncidentKind,
  Opened,
  Origin,
  Refusal,
} from "./group_keys.ts";
import { MemberKeys } from "./member_keys.ts";
import { decodeState, encodeState, type MemberState, MOST_PAST } from "./member_state.ts";
import type { MemberStore } from "./member_store.ts";
import { malformed, peek } from "./payload.ts";
import { PendingRequests, RefusedError, type Schedule } from "./pending_requests.ts";
import { refusalSentence } from "./refusals.ts";
import { type Change, RekeyCollector } from "./rekey_collector.ts";
import { epochSentence, judge, type Judgement } from "./roster_judge.ts";
import type { Roster } from "./roster.ts";
import { parseSpecification, printSpecification, specificationHash } from "./spec_text.ts";
import type { Specification } from "./specification.ts";
import {
  isIn,
  proveChange,
  type Proved,
  proveStanding,
  rosterAfter,
  type Self,
} from "./standing.ts";

/** ms without a proof that the key server is there, after which it is asked. */
const PROBE = 120_000;
/** ms without such a proof after which a person is told. */
export const SILENCE = 180_000;
/** ms that rekeys which came out of order have to fall into place. */
const LAG = 1_500;
/** ms between resynchronisations, at first and at most. */
const [CALM, MOST_CALM] = [1_000, 60_000];
const TICK = 15_000;

/** Between this device and the key server: sealed, so that the other end is proved. */
export interface ControlChannel {
  send(to: { jid: string; device?: string }, payload: Bytes): Promise<void>;
}

/** What a control manager is made with. */
export interface ControlManagerOptions {
  /** As an invitation brought it; what is stored of the group comes first. */
  readonly specification: Specification;
  readonly self: Self;
  readonly store: MemberStore;
  readonly control: ControlChannel;
  /** Ed25519 by our device key. */
  sign(label: string, bytes: Bytes): Bytes;
  readonly random: Random;
  /** ms since 1970, for display and numbers of actions. */
  now(): number;
  /** ms of a clock that never goes back. */
  steady(): number;
  readonly schedule: Schedule;
  /** Data suites this device allows. */
  policy(): readonly DataSuiteId[];
  /** A registrar's ticket, where the specification names registrars; null: SIMPP's word is enough. */
  ticket?(specification: Specification): Promise<Bytes>;
  /** The account key this device has pinned for a person; undefined when there is none. */
  pinned?(jid: string): Bytes | undefined;
  emit(event: GroupEvent): void;
}

const EMPTY = new Uint8Array();
const TAKEN: Opened = { type: "taken" };

/**
 * Keystone's control manager: registers and joins, follows the key server's rekeys by the chain of
 * its signed statements, asks for what was missed, and sees what a room's server or another key
 * server try. Everything is stored before it counts.
 */
export class ControlManager {
  readonly #o: ControlManagerOptions;
  readonly #processor: DataProcessor;
  readonly #requests: PendingRequests;
  #collector: RekeyCollector;
  #specification: Specification;
  #state: MemberState;
  #keys: MemberKeys | null = null;
  #statement: SignedStatement | null = null;
  #roster: Roster = [];
  #suiteSince = 0;
  #refusal: { code: string; message: string } | null = null;
  #joining: Promise<void> | null = null;
  #resyncing = false;
  readonly #calm = new Backoff(CALM, MOST_CALM);
  #calmUntil = 0;
  #cancelResync: (() => void) | null = null;
  #cancelTick: () => void = () => {};
  #online = true;
  #provedAt: number;
  #silent = false;
  #told = new Set<string>();
  #closed = false;

  constructor(options: ControlManagerOptions, processor: DataProcessor) {
    this.#o = options;
    this.#processor = processor;
    const { store, control, random, schedule } = options;
    const stored = store.state();
    this.#state = stored === undefined ? fresh(options.specification) : decodeState(stored);
    this.#specification = parseSpecification(this.#state.specification);
    this.#collector = new RekeyCollector(this.#specification.keyServer.key);
    this.#provedAt = options.steady();
    this.#requests = new PendingRequests({
      group: this.#specification.group,
      send: (payload) => control.send(this.#keyServer(), payload),
      random,
      schedule,
    });
    this.#restore();
    this.#tick();
  }

  get specification(): Specification {
    return this.#specification;
  }
  get phase(): GroupPhase {
    return this.#state.phase;
  }
  get silent(): boolean {
    return this.#silent;
  }
  get refusal(): { code: string; message: string } | null {
    return this.#refusal;
  }
  get epoch(): GroupEpoch | null {
    if (this.#statement === null || !this.#isMember) return null;
    const { epoch: number, incarnation, suite } = this.#statement;
    return { number, incarnation, suite, members: this.#roster, since: this.#suiteSince };
  }

  /** Registers and joins; see `GroupKeys.join`. */
  join(signal?: AbortSignal): Promise<void> {
    if (this.#isMember) return Promise.resolve();
    return this.#joining ??= this.#join(signal).finally(() => this.#joining = null);
  }

  async leave(signal?: AbortSignal): Promise<void> {
    if (this.#isMember) {
      try {
        await this.#requests.ask({ kind: "leave" }, signal);
      } catch (error) {
        // Who is no member there has left, however that came.
        if (!(error instanceof RefusedError)) throw error;
      }
    }
    this.#leaveWith("out", "You left the group.");
  }

  /** Has a deed signed by this device done. @throws GroupError with the key server's code */
  async act(deed: Deed): Promise<void> {
    if (this.#statement === null || !this.#isMember) {
      throw new GroupError("not-in-group", "You are not in this group.");
    }
    const { self, sign, now } = this.#o;
    const number = Math.max(now(), this.#state.lastAction + 1);
    this.#save({ lastAction: number });
    const { group } = this.#specification;
    const { incarnation } = this.#statement;
    const action = signAction(
      { group, incarnation, jid: self.jid, deviceKey: self.deviceKey, number, time: now(), deed },
      (body) => sign(ACTION_LABEL, body),
    );
    await this.#requests.ask({ kind: "act", action: action.encoded });
  }

  /** Takes what came sealed; everything of others than the key server is refused. */
  receive(from: { jid: string; device: string }, payload: Uint8Array): void {
    const { jid, device } = this.#specification.keyServer;
    if (from.jid !== jid || (device !== null && from.device !== device)) {
      return this.#refuseAloud("other-key-server", from.jid);
    }
    try {
      const seen = peek(payload);
      if (seen?.group !== this.#specification.group) throw malformed();
      if (seen.kind === "rekey" || seen.kind === "statement") {
        const result = this.heard(payload, null);
        if (result.type === "refused") {
          this.#o.emit({ ...result, type: "refused", origin: null });
        }
      } else {
        this.#answered(decodeAnswer(payload));
      }
    } catch (error) {
      if (!(error instanceof SimppdError)) throw error;
      this.#refuseAloud("malformed", from.jid);
    }
  }

  /** Takes a rekey or statement that the room, or the key server alone, delivered. */
  heard(payload: Uint8Array, origin: Origin | null): Opened {
    if (!this.#isMember || origin?.archived === true) return TAKEN;
    try {
      const kind = peek(payload)?.kind;
      if (kind === "rekey") return this.#part(decodeRekey(payload));
      if (kind !== "statement") throw malformed();
      const { group, statement } = decodeStatement(payload);
      if (group !== this.#specification.group) throw malformed();
      return this.#said(readStatement(statement));
    } catch (error) {
      if (!(error instanceof SimppdError)) throw error;
      return this.#refuse("malformed", origin?.occupant);
    }
  }

  /** Something names an epoch that is not here; nothing of it is proved, so sending goes on. */
  missing(): void {
    if (this.#isMember) this.#resyncSoon(0);
  }

  /** The connection stands (again), or was lost. */
  setOnline(online: boolean): void {
    if (online === this.#online) return;
    this.#online = online;
    this.#provedAt = this.#o.steady();
    if (online && this.#isMember) this.#resyncSoon(0);
  }

  close(): void {
    this.#closed = true;
    this.#cancelTick();
    this.#cancelResync?.();
    this.#requests.close();
  }

  get #isMember(): boolean {
    return this.#state.phase === "in" || this.#state.phase === "behind";
  }

  #keyServer(): { jid: string; device?: string } {
    const { jid, device } = this.#specification.keyServer;
    return device === null ? { jid } : { jid, device };
  }

  /** Goes on from what is stored; what was missed meanwhile is asked for. */
  #restore(): void {
    const { keys, statement } = this.#state;
    if (statement.length > 0) this.#statement = readStatement(statement);
    if (!this.#isMember || this.#statement === null) return;
    this.#keys = MemberKeys.restore(keys);
    const { incarnation, epoch } = this.#statement;
    this.#roster = this.#o.store.roster(incarnation);
    const stored = this.#o.store.epoch(incarnation, epoch);
    if (stored === undefined) return;
    this.#suiteSince = stored.at;
    this.#processor.begin(stored, this.#roster);
    this.#resyncSoon(0);
  }

  async #join(signal?: AbortSignal): Promise<void> {
    this.#refusal = null;
    this.#setPhase("joining", "Joining: the key server is asked for the group's key.");
    this.#processor.expecting = true;
    try {
      const known = this.#state.registration !== "";
      if (!known) await this.#register(signal);
      try {
        await this.#joinWithRegistration(signal);
      } catch (error) {
        // A registration does not last for ever; a new one does the same.
        if (!known || !(error instanceof RefusedError)) throw error;
        await this.#register(signal);
        await this.#joinWithRegistration(signal);
      }
    } catch (error) {
      this.#processor.expecting = false;
      this.#processor.settle();
      if (this.#isMember) throw error;
      if (error instanceof RefusedError) {
        this.#refusal = { code: error.code, message: error.publicMessage };
        this.#setPhase("refused", error.publicMessage);
      } else {
        this.#setPhase("out", publicError(error).message);
      }
      throw error;
    }
  }

  async #register(signal?: AbortSignal): Promise<void> {
    const { ticket, policy } = this.#o;
    const word = this.#specification.registrars.length === 0 || ticket === undefined
      ? EMPTY
      : await ticket(this.#specification);
    const suites = dataSuiteCodes(policy());
    const answer = await this.#requests.ask({ kind: "register", ticket: word, suites }, signal);
    if (answer.kind !== "registered") throw malformed();
    const { registration, individualKey } = answer;
    this.#takeSpecification(answer.specification);
    this.#save({ registration, individualKey });
  }

  async #joinWithRegistration(signal?: AbortSignal): Promise<void> {
    const { registration } = this.#state;
    const answer = await this.#requests.ask({ kind: "join", registration }, signal);
    if (answer.kind !== "joined") throw malformed();
    this.#adopt(answer, null);
    if (!this.#isMember) {
      throw new GroupError(
        "bad-group-message",
        "The key server's answer does not prove the group.",
      );
    }
  }

  #answered(answer: GroupAnswer): void {
    // One that nobody waits for came late: the question was asked again, or given up.
    if (this.#requests.answered(answer)) this.#proved();
  }

  /** A statement in the room. */
  #said(statement: SignedStatement): Opened {
    const fault = this.#faultOf(statement);
    if (fault !== null) return this.#refuse(fault);
    const current = this.#statement!;
    if (statement.incarnation === current.incarnation && statement.epoch === current.epoch) {
      return TAKEN;
    }
    this.#fallBehind();
    this.#resyncSoon(LAG);
    return TAKEN;
  }

  #part(part: RekeyPart): Opened {
    if (part.group !== this.#specification.group) return this.#refuse("malformed");
    const current = this.#statement!;
    const isOurs = part.incarnation === current.incarnation;
    if (isOurs && part.epoch <= current.epoch && part.announcement === null) return TAKEN;
    const change = this.#collector.add(part);
    if (typeof change === "string") {
      return change === "other-key-server"
        ? this.#refuse(this.#tellOtherKeyServer())
        : this.#refuse(change);
    }
    if (change === null) return TAKEN;
    if (isOurs && part.epoch <= current.epoch) {
      this.#collector.drop(current.incarnation, current.epoch);
      const fork = part.epoch === current.epoch && !equal(change.statement.link, current.link);
      return fork ? this.#refuse(this.#faultOf(change.statement)!) : TAKEN;
    }
    const fault = this.#faultOf(change.statement);
    if (fault !== null) return this.#refuse(fault);
    if (this.#advance()) return TAKEN;
    this.#fallBehind();
    this.#resyncSoon(LAG);
    const next = this.#statement;
    const inOrder = next !== null && equal(change.statement.previous, next.link);
    return inOrder ? TAKEN : this.#refuse("out-of-order");
  }

  /** Why a statement is not to be believed; null: it is the key server's, and not an old one. */
  #faultOf(statement: SignedStatement): Refusal | null {
    if (statement.group !== this.#specification.group) return "malformed";
    if (!isStatementOf(this.#specification.keyServer.key, statement)) {
      return this.#tellOtherKeyServer();
    }
    const current = this.#statement;
    if (current === null) return null;
    if (this.#state.past.includes(statement.incarnation)) return "rolled-back";
    if (statement.incarnation !== current.incarnation) return null;
    if (statement.epoch < current.epoch) return "rolled-back";
    if (statement.epoch === current.epoch && !equal(statement.link, current.link)) {
      this.#incident(
        "forked",
        `The key server says different things of epoch ${statement.epoch}: it, or who has its key, ` +
          "may have split the group. Ask its owners.",
      );
      return "forked";
    }
    return null;
  }

  /** Takes over whatever changes follow on what we have. @returns whether we stand at the newest */
  #advance(): boolean {
    for (;;) {
      const current = this.#statement!;
      const change = this.#collector.after(current.incarnation, current.link);
      if (change === null) break;
      if (!this.#apply(change)) return false;
      if (!this.#isMember) return true;
    }
    const { incarnation, epoch } = this.#statement!;
    this.#collector.drop(incarnation, epoch);
    if (!this.#collector.isEmpty) return false;
    this.#catchUp();
    return true;
  }

  /** @returns whether the change's epoch is ours now (or we are out by it) */
  #apply(change: Change): boolean {
    try {
      const roster = rosterAfter(this.#roster, change);
      const { statement, announcement: { actions } } = change;
      const judgement = this.#judge(roster, statement, actions);
      if (!isIn(roster, this.#o.self)) {
        this.#takenOut(judgement, statement);
        return true;
      }
      const proved = proveChange(this.#keys!, change, roster);
      if (proved === null) {
        if (change.whole) this.#resyncSoon(0);
        return false;
      }
      this.#commit(proved, judgement);
      return true;
    } catch (error) {
      if (!(error instanceof SimppdError)) throw error;
      this.#resyncSoon(0);
      return false;
    }
  }

  #judge(after: Roster, statement: SignedStatement, actions: readonly Bytes[]): Judgement {
    return judge({
      before: this.#roster,
      after,
      statement,
      actions,
      specification: this.#specification,
      knows: ({ jid, accountKey }) => {
        const known = this.#o.store.person(jid);
        return known !== undefined && equal(known, accountKey);
      },
    });
  }

  /** Stores an epoch, then lets it be used and told. */
  #commit(proved: Proved, judgement: Judgement | null): void {
    const { statement, roster, keys, epochKey } = proved;
    const { store, now } = this.#o;
    const { incarnation, epoch: number, suite } = statement;
    const before = this.#roster;
    const [phase, at] = ["in" as const, now()];
    const stored = {
      incarnation,
      number,
      suite,
      send: this.#specification.send,
      key: epochKey,
      at,
    };
    store.transaction(() => {
      store.addEpoch(stored, roster);
      this.#save({ phase, keys: keys.encode(), statement: statement.encoded });
    });
    [this.#keys, this.#statement, this.#roster, this.#suiteSince] = [keys, statement, roster, at];
    this.#collector.drop(incarnation, number);
    this.#calm.reset();
    this.#processor.begin(stored, roster);
    this.#processor.expecting = false;
    this.#checkPersons(roster, before);
    const told = judgement ?? {
      ...compared(before, roster),
      unsigned: [],
      authors: new Map<string, string>(),
    };
    const { joined, left, expelled, changed, unsigned } = told;
    const sentence = epochSentence(number, told);
    this.#o.emit({ type: "epoch", epoch: this.epoch!, joined, left, expelled, changed, sentence });
    for (const each of unsigned) this.#incident("unsigned", each);
    this.#followSpecification(statement);
    this.#processor.retry();
  }

  /** Proves and takes over what the key server told us alone. */
  #adopt(answer: GroupAnswer, asked: SignedStatement | null): void {
    if (answer.kind !== "joined" && answer.kind !== "resynced") throw malformed();
    const statement = readStatement(answer.statement);
    const fault = this.#faultOf(statement);
    const current = this.#statement;
    if (fault === "rolled-back" && asked !== null && statement.epoch >= asked.epoch) {
      // A rekey overtook the answer.
      if (statement.incarnation === current?.incarnation) return;
    }
    if (fault !== null) {
      if (fault === "rolled-back") this.#tellRolledBack(statement);
      this.#refuseAloud(fault);
      return;
    }
    const isSame = current !== null && statement.incarnation === current.incarnation;
    if (isSame && equal(statement.link, current.link) && this.#keys !== null) {
      return this.#catchUp();
    }
    if (isSame && answer.kind === "resynced" && asked !== null) {
      if (!this.#isProvedBy(answer.chain, asked, statement)) return;
    }
    const { group, keyServer: { key } } = this.#specification;
    const { individualKey } = this.#state;
    const proved = proveStanding(answer, group, key, this.#o.self, individualKey);
    if (proved === null) throw malformed();
    if (current !== null && !isSame) this.#beginIncarnation(current.incarnation);
    this.#commit(proved, null);
  }

  /** Does the chain lead from what we had to what is said now? */
  #isProvedBy(
    chain: readonly Bytes[] | null,
    asked: SignedStatement,
    statement: SignedStatement,
  ): boolean {
    if (chain !== null && equal(followChain(asked.link, chain), statement.link)) return true;
    if (chain === null && statement.epoch - asked.epoch > MAX_CHAIN) {
      // Longer than the key server keeps it: to be believed, or never to come back.
      return true;
    }
    this.#refuseAloud("forked");
    this.#incident(
      "forked",
      `The key server cannot show how epoch ${statement.epoch} follows from epoch ${asked.epoch} ` +
        "that you were in: it, or who has its key, tells another history. Ask its owners.",
    );
    return false;
  }

  #beginIncarnation(old: string): void {
    this.#save({ past: [...this.#state.past, old].slice(-MOST_PAST) });
    this.#roster = [];
    this.#incident(
      "restored",
      "The key server was restored from a backup and began anew. Who was let in or expelled shortly " +
        "before may have to be once more.",
    );
  }

  #takenOut(judgement: Judgement, statement: SignedStatement): void {
    const { self } = this.#o;
    const id = `${self.jid}/${self.device}`;
    const closed = statement.reasons.some(({ kind }) => kind === "closed");
    const author = judgement.authors.get(id);
    if (closed) return this.#leaveWith("closed", "The group was ended by its owners.");
    const left = judgement.left.some((member) => member.id === id);
    if (left) return this.#leaveWith("out", "You left the group.");
    this.#leaveWith(
      "removed",
      author === undefined
        ? "You were taken out of the group by its key server; no owner or admin signed it."
        : `You were expelled by ${author}.`,
    );
  }

  /** Out, for whatever reason: what was opened stays, nothing new is. */
  #leaveWith(phase: GroupPhase, sentence: string): void {
    this.#cancelResync?.();
    this.#cancelResync = null;
    this.#keys = null;
    this.#roster = [];
    this.#silent = false;
    this.#processor.expecting = false;
    this.#save({ keys: EMPTY, registration: "", individualKey: EMPTY });
    this.#processor.end();
    this.#setPhase(phase, sentence);
  }

  #fallBehind(): void {
    if (this.#state.phase !== "in") return;
    this.#processor.expecting = true;
    this.#setPhase("behind", "The group's key changed and the new one is not here yet: retrying.");
  }

  #catchUp(): void {
    this.#processor.expecting = false;
    if (this.#state.phase === "behind") this.#setPhase("in", "The group's newest key is here.");
    this.#processor.retry();
  }

  /** Asks for what was missed, after `ms` and no sooner than the last time allows. */
  #resyncSoon(ms: number): void {
    if (this.#cancelResync !== null || this.#resyncing || this.#closed) return;
    const wait = Math.max(ms, this.#calmUntil - this.#o.steady());
    this.#cancelResync = this.#o.schedule(wait, () => {
      this.#cancelResync = null;
      void this.#resync();
    });
  }

  async #resync(): Promise<void> {
    const asked = this.#statement;
    if (asked === null || !this.#isMember || !this.#online || this.#closed) return;
    this.#resyncing = true;
    try {
      const { incarnation, epoch, link } = asked;
      const answer = await this.#requests.ask({ kind: "resync", incarnation, epoch, link });
      if (this.#closed || !this.#isMember) return;
      this.#adopt(answer, asked);
      if (this.#isMember && this.#state.phase === "in") this.#processor.settle();
    } catch (error) {
      if (!this.#closed) this.#resyncFailed(error);
    } finally {
      this.#resyncing = false;
      this.#calmUntil = this.#o.steady() + this.#calm.next();
      if (this.#state.phase === "behind") this.#resyncSoon(0);
    }
  }

  #resyncFailed(error: unknown): void {
    if (error instanceof RefusedError) {
      if (error.code !== "not-a-member") return this.#refuseAloud("no-key");
      const sentence = "The key server does not have you in the group any more.";
      return this.#leaveWith("removed", sentence);
    }
    if (!(error instanceof SimppdError)) throw error;
    if (error.code === "bad-group-message") this.#refuseAloud("malformed");
    logOf("group").debug("not resynchronised: {code}", { code: error.code });
  }

  /** The statement's specification is another than ours: it is fetched and held against the hash. */
  #followSpecification(statement: SignedStatement): void {
    if (equal(specificationHash(this.#specification), statement.specification)) return;
    const fetch = async () => {
      const answer = await this.#requests.ask({ kind: "specification" });
      if (answer.kind !== "specified") throw malformed();
      const wanted = this.#statement?.specification ?? EMPTY;
      const text = answer.specification;
      if (equal(specificationHash(parseSpecification(text)), wanted)) this.#takeSpecification(text);
    };
    fetch().catch((error) => {
      logOf("group").warn("the new specification is not here: {error}", { error });
    });
  }

  /** The key server's key, the group and the room do not change with a specification. */
  #takeSpecification(text: string): void {
    const [next, ours] = [parseSpecification(text), this.#specification];
    const isSameGroup = next.group === ours.group &&
      equal(next.keyServer.key, ours.keyServer.key) && next.room === ours.room;
    if (!isSameGroup) {
      this.#tellOtherKeyServer();
      throw malformed();
    }
    if (printSpecification(next) === printSpecification(ours)) return;
    this.#specification = next;
    this.#save({ specification: printSpecification(next) });
    this.#o.emit({ type: "specification", specification: next });
  }

  /** A person's account key is not to change unseen. */
  #checkPersons(roster: Roster, before: Roster): void {
    const seen = new Set(before);
    const { store, pinned } = this.#o;
    for (const member of roster) {
      if (seen.has(member)) continue;
      const known = store.person(member.jid);
      if (known === undefined) store.addPerson(member.jid, member.accountKey);
      const other = [known, pinned?.(member.jid)].some((key) =>
        key !== undefined && !equal(key, member.accountKey)
      );
      if (other) {
        this.#incident(
          "key-changed",
          `${member.jid} is in the group with another account key than the one known to this device. ` +
            "Compare the safety number with them.",
        );
      }
    }
  }

  #tellOtherKeyServer(): "other-key-server" {
    this.#incident("other-key-server", refusalSentence("other-key-server"));
    return "other-key-server";
  }

  #tellRolledBack({ epoch }: SignedStatement): void {
    this.#incident(
      "rolled-back",
      `The key server shows epoch ${epoch}, older than what it had shown before. You stay with what ` +
        "you have; ask the group's owners.",
    );
  }

  /** Each kind and sentence once between two signs of life, so that who repeats it fills no chat. */
  #incident(kind: IncidentKind, sentence: string): void {
    const name = `${kind} ${sentence}`;
    if (this.#told.has(name)) return;
    if (this.#told.size > 100) this.#told.clear();
    this.#told.add(name);
    this.#o.emit({ type: "incident", kind, sentence });
  }

  #refuse(cause: Refusal, from?: string): Opened {
    this.#processor.count(cause);
    const context = from === undefined ? {} : { from };
    return { type: "refused", cause, sentence: refusalSentence(cause, context) };
  }

  #refuseAloud(cause: Refusal, from?: string): void {
    const refused = this.#refuse(cause, from);
    if (refused.type === "refused") this.#o.emit({ ...refused, type: "refused", origin: null });
  }

  /** The key server answered us: a proof of life that nobody can replay. */
  #proved(): void {
    this.#provedAt = this.#o.steady();
    if (!this.#silent) return;
    this.#silent = false;
    this.#told.clear();
    this.#incident("heard-again", "The key server is heard from again.");
  }

  #tick(): void {
    this.#cancelTick = this.#o.schedule(TICK, () => {
      this.#tick();
      this.#processor.sweep();
      this.#processor.retry();
      if (!this.#online || !this.#isMember) return;
      const quiet = this.#o.steady() - this.#provedAt;
      if (quiet >= PROBE) this.#resyncSoon(0);
      if (quiet < SILENCE || this.#silent) return;
      this.#silent = true;
      this.#incident(
        "silent",
        "The key server is silent for three minutes: it may be switched off, or what it says is " +
          "withheld. Changes of the group may not reach you.",
      );
    });
  }

  #setPhase(phase: GroupPhase, sentence: string): void {
    if (phase === this.#state.phase) return;
    this.#save({ phase });
    this.#o.emit({ type: "phase", phase, sentence });
  }

  #save(change: Partial<MemberState>): void {
    this.#state = { ...this.#state, ...change };
    this.#o.store.setState(encodeState(this.#state));
  }
}

function fresh(specification: Specification): MemberState {
  return {
    phase: "out",
    specification: printSpecification(specification),
    registration: "",
    individualKey: EMPTY,
    keys: EMPTY,
    statement: EMPTY,
    past: [],
    lastAction: 0,
  };
}

/** What differs between two lists, when nothing says why. */
function compared(before: Roster, after: Roster) {
  const old = new Map(before.map((member) => [member.id, member]));
  const now = new Set(after.map(({ id }) => id));
  return {
    joined: before.length === 0 ? [] : after.filter(({ id }) => !old.has(id)),
    left: before.filter(({ id }) => !now.has(id)),
    expelled: [],
    changed: after.filter(({ id, role }) => old.has(id) && old.get(id)!.role !== role),
  };
}
