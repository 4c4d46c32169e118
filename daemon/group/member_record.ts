import { type Bytes, toHex } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import type { SignedAction } from "./action.ts";
import { readStatement, type SignedStatement } from "./epoch_statement.ts";
import type { GroupEpoch, GroupEvent, GroupMember, GroupPhase } from "./group_keys.ts";
import { MemberKeys } from "./member_keys.ts";
import {
  decodeState,
  encodeState,
  type MemberState,
  MOST_ACTING,
  MOST_PAST,
} from "./member_state.ts";
import type { MemberStore, StoredEpoch } from "./member_store.ts";
import type { Roster } from "./roster.ts";
import {
  accountSubject,
  type Expelled,
  type Judgement,
  type Known,
  type Place,
} from "./roster_judge.ts";
import { rosterDifference } from "./roster_difference.ts";
import { parseSpecification, printSpecification, specificationHash } from "./spec_text.ts";
import type { Specification } from "./specification.ts";
import type { Proved } from "./standing.ts";

const EMPTY = new Uint8Array();
/** Beside the devices whose acts are remembered: the epoch before which no other's act is new. */
const SINCE = "";
/** Epochs that may begin between the signing of an act and its being done. */
const UNDER_WAY = 8;

/** Where this device stands with a group: in memory as it is stored, stored before it counts. */
export class MemberRecord {
  readonly #store: MemberStore;
  readonly #emit: (event: GroupEvent) => void;
  #state: MemberState;
  #specification: Specification;
  #keys: MemberKeys | null = null;
  #statement: SignedStatement | null = null;
  #roster: Roster = [];
  #since = 0;

  /** @param specification counts until something is stored of the group */
  constructor(
    store: MemberStore,
    specification: Specification,
    emit: (event: GroupEvent) => void,
  ) {
    this.#store = store;
    this.#emit = emit;
    const stored = store.state();
    this.#state = stored === undefined ? fresh(specification) : decodeState(stored);
    this.#specification = parseSpecification(this.#state.specification);
    const { statement, keys } = this.#state;
    if (statement.length > 0) this.#statement = readStatement(statement);
    if (!this.isMember || this.#statement === null) return;
    this.#keys = MemberKeys.restore(keys);
    this.#roster = store.roster(this.#statement.incarnation);
    this.#since = this.storedEpoch?.at ?? 0;
  }

  get phase(): GroupPhase {
    return this.#state.phase;
  }
  get isMember(): boolean {
    return this.phase === "in" || this.phase === "behind";
  }
  get specification(): Specification {
    return this.#specification;
  }
  /** The newest statement taken over, also after we left: what it leads to cannot be rolled back. */
  get statement(): SignedStatement | null {
    return this.#statement;
  }
  get roster(): Roster {
    return this.#roster;
  }
  get keys(): MemberKeys | null {
    return this.#keys;
  }
  get registration(): string {
    return this.#state.registration;
  }
  get individualKey(): Bytes {
    return this.#state.individualKey;
  }
  get epoch(): GroupEpoch | null {
    if (this.#statement === null || !this.isMember) return null;
    const { epoch: number, incarnation, suite } = this.#statement;
    return { number, incarnation, suite, members: this.#roster, since: this.#since };
  }
  /** The epoch we stand in, as it is stored. */
  get storedEpoch(): StoredEpoch | undefined {
    if (this.#statement === null) return undefined;
    return this.#store.epoch(this.#statement.incarnation, this.#statement.epoch);
  }

  /** Is this an incarnation of the key server that is over? */
  isPast(incarnation: string): boolean {
    return this.#state.past.includes(incarnation);
  }

  setPhase(phase: GroupPhase, sentence: string): void {
    if (phase === this.phase) return;
    this.#save({ phase });
    this.#emit({ type: "phase", phase, sentence });
  }

  /** A number for an action of ours, above all before. */
  nextAction(now: number): number {
    const lastAction = Math.max(now, this.#state.lastAction + 1);
    this.#save({ lastAction });
    return lastAction;
  }

  /** Is this act none that was used up in this incarnation? Of long ago nobody here can tell. */
  isNewAct({ deviceKey, number, epoch }: SignedAction): boolean {
    const acts = new Map(this.#state.acts);
    const last = acts.get(toHex(deviceKey));
    return last === undefined ? epoch >= (acts.get(SINCE) ?? 0) : number > last;
  }

  setRegistration(registration: string, individualKey: Bytes): void {
    this.#save({ registration, individualKey });
  }

  /** Another specification is valid; the epoch we stand in goes by it if its statement names it. */
  setSpecification(specification: Specification): void {
    const text = printSpecification(specification);
    if (text === this.#state.specification) return;
    const stored = this.#keys === null ? undefined : this.storedEpoch;
    const isOfEpoch = stored !== undefined &&
      equal(specificationHash(specification), this.#statement!.specification);
    this.#store.transaction(() => {
      this.#save({ specification: text });
      if (isOfEpoch) {
        this.#store.addEpoch({ ...stored, send: specification.send }, this.#roster);
      }
    });
    this.#specification = specification;
    this.#emit({ type: "specification", specification });
  }

  /**
   * Stores an epoch and makes it ours.
   * @param judgement what is used up by it, who is known no more, and who came rightly
   * @param specification the one that is valid from now on
   * @param pinned the account key this device has pinned for a person
   * @returns what the data processor is to go on with, and people whose account key is another now
   */
  commit(
    { statement, roster, keys, epochKey }: Proved,
    judgement: Judgement,
    specification: Specification,
    at: number,
    pinned: (jid: string) => Bytes | undefined,
  ): { stored: StoredEpoch; strange: string[] } {
    const { incarnation, epoch: number, suite } = statement;
    const { banned, invited } = judgement;
    const { send } = specification;
    const stored = { incarnation, number, suite, send, key: epochKey, at };
    const text = printSpecification(specification);
    const isRespecified = text !== this.#state.specification;
    const old = this.#statement;
    const past = old === null || old.incarnation === incarnation
      ? this.#state.past
      : [...this.#state.past, old.incarnation].slice(-MOST_PAST);
    const before = this.#state;
    let strange: string[] = [];
    try {
      this.#store.transaction(() => {
        this.#store.addEpoch(stored, roster);
        const known = old?.incarnation === incarnation ? before.acts : [];
        const acts = usedUp(new Map(known), judgement, number);
        this.#save({
          phase: "in",
          specification: text,
          keys: keys.encode(),
          statement: statement.encoded,
          past,
          acts,
        });
        for (const each of banned) this.#store.addExpelled(each, { incarnation, epoch: number });
        const { come } = rosterDifference(this.#roster, roster);
        for (const member of come) {
          if (!invited.includes(member.id)) continue;
          for (const each of subjectsOf(member)) this.#store.removeExpelled(each);
        }
        strange = this.#meet(come, pinned, judgement, { incarnation, epoch: number });
      });
    } catch (error) {
      this.#state = before;
      throw error;
    }
    [this.#keys, this.#statement, this.#roster, this.#since] = [keys, statement, roster, at];
    this.#specification = specification;
    if (isRespecified) this.#emit({ type: "specification", specification });
    if (before.phase !== "in") {
      const sentence = before.phase === "behind"
        ? "The group's newest key is here."
        : "You are in the group. What was written before you cannot read.";
      this.#emit({ type: "phase", phase: "in", sentence });
    }
    return { stored, strange };
  }

  /** Out: our keys of the graph and the registration are forgotten. */
  leave(phase: GroupPhase, sentence: string): void {
    this.#keys = null;
    this.#roster = [];
    this.#save({ keys: EMPTY, registration: "", individualKey: EMPTY });
    this.setPhase(phase, sentence);
  }

  /**
   * Notes who came or was given a role, if by right: who is in by the key server's word alone is none
   * who may come again. In the list that one comes to, all are. @returns those whose account key is
   * another now
   */
  #meet(
    come: Roster,
    pinned: (jid: string) => Bytes | undefined,
    { invited, given }: Judgement,
    since: Place,
  ): string[] {
    const others: string[] = [];
    const rightly = new Set([...invited, ...given]);
    const isFirst = this.#roster.length === 0;
    for (const { id, jid, accountKey, role: named } of come) {
      const known = this.#store.person(jid);
      const isRight = rightly.has(id) || (isFirst && known === undefined);
      // Who was expelled stays so, until they rightly come again.
      if (isRight && this.#store.expelled(jid) === undefined) {
        const role = named === "owner" ? "member" : named;
        this.#store.addPerson(jid, { accountKey: known?.accountKey ?? accountKey, role, since });
      }
      const keys = [known?.accountKey, pinned(jid)];
      if (keys.some((key) => key !== undefined && !equal(key, accountKey))) others.push(jid);
    }
    return others;
  }

  /** What this person was here, with this account key. */
  knows({ jid, accountKey }: GroupMember): Known | undefined {
    const known = this.#store.person(jid);
    return known !== undefined && equal(known.accountKey, accountKey) ? known : undefined;
  }

  /** Where this person, this device, or this account under whatever address was expelled last. */
  expelled(member: GroupMember): Expelled | undefined {
    let last: Expelled | undefined;
    for (const subject of subjectsOf(member)) {
      const where = this.#store.expelled(subject);
      if (where === undefined) continue;
      const age = this.order(where.incarnation) - (last ? this.order(last.incarnation) : -2);
      if (last === undefined || age > 0 || (age === 0 && where.epoch > last.epoch)) {
        last = { ...where, subject };
      }
    }
    return last;
  }

  /** Which incarnation comes after which; -1 for one that we were not in. */
  order(incarnation: string): number {
    return incarnation === this.#statement?.incarnation
      ? MOST_PAST
      : this.#state.past.indexOf(incarnation);
  }

  /** The epoch since which this device has been in, as far as we saw. */
  memberSince({ device }: GroupMember): number {
    return this.#store.since(this.#statement!.incarnation, device);
  }

  #save(change: Partial<MemberState>): void {
    this.#state = { ...this.#state, ...change };
    this.#store.setState(encodeState(this.#state));
  }
}

/** As what somebody may have been expelled; a device and a person count before the account. */
function subjectsOf(member: GroupMember): string[] {
  return [member.id, member.jid, accountSubject(member)];
}

/** Acts that are used up with an epoch, of each device the newest number. */
function usedUp(
  known: Map<string, number>,
  { acts, isSeen }: Judgement,
  epoch: number,
): [string, number][] {
  let since = known.get(SINCE) ?? 0;
  known.delete(SINCE);
  // What was used up unseen was signed before, but for what was under way just then.
  if (!isSeen) since = Math.max(since, epoch - UNDER_WAY);
  for (const [device, number] of acts) {
    const newest = Math.max(number, known.get(device) ?? 0);
    known.delete(device);
    known.set(device, newest);
  }
  const kept = [...known].slice(-MOST_ACTING);
  if (kept.length < known.size) since = Math.max(since, epoch);
  return [[SINCE, since], ...kept];
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
    acts: [],
  };
}
