import { type Bytes, SimppdError } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { decodeRekey, decodeStatement, type RekeyPart } from "./announcements.ts";
import { MAX_CHAIN, type Standing } from "./answers.ts";
import type { DataProcessor } from "./data_processor.ts";
import {
  followChain,
  isStatementOf,
  readStatement,
  type SignedStatement,
} from "./epoch_statement.ts";
import type { GroupEvent, Opened, Refusal } from "./group_keys.ts";
import type { Incidents } from "./incidents.ts";
import type { MemberRecord } from "./member_record.ts";
import { malformed, peek } from "./payload.ts";
import { isOfSameGroup, specificationHash } from "./spec_text.ts";
import type { Specification } from "./specification.ts";
import { type Change, RekeyCollector } from "./rekey_collector.ts";
import {
  compareRosters,
  epochSentence,
  judge,
  type Judgement,
  keptOwnerSentence,
  ownersSentence,
  returnedSentence,
  unprovedSentence,
} from "./roster_judge.ts";
import type { Roster } from "./roster.ts";
import { falseOwners } from "./valid_acts.ts";
import {
  isIn,
  proveChange,
  type Proved,
  proveStanding,
  rosterAfter,
  type Self,
} from "./standing.ts";

/** ms that rekeys which came out of order have to fall into place. */
const LAG = 1_500;
/** Incarnations that are remembered of those heard of in the room. */
const MOST_OTHERS = 64;
const TAKEN: Opened = { type: "taken" };

/** What a follower is made with. */
export interface EpochFollowerOptions {
  readonly self: Self;
  readonly record: MemberRecord;
  readonly processor: DataProcessor;
  readonly incidents: Incidents;
  /** ms since 1970. */
  now(): number;
  /** The account key this device has pinned for a person. */
  pinned(jid: string): Bytes | undefined;
  /** Asks the key server for what is missing, after so many ms; where it is news, however often it was. */
  resync(ms: number, isNews?: boolean): void;
  /** The specification of our statement is not the one we have. */
  respecified(): void;
  emit(event: GroupEvent): void;
}

/**
 * Goes from epoch to epoch by what the key server says: in the room, to us alone, or as an answer.
 * Every step is signed by the pinned key and follows on the one before by the chain of statements;
 * who runs the room can keep a step back, and nothing else.
 */
export class EpochFollower {
  readonly #o: EpochFollowerOptions;
  #collector: RekeyCollector;
  /** Incarnations heard of in the room, and those of them that the key server is not in. */
  readonly #others = new Set<string>();
  readonly #over = new Set<string>();

  constructor(options: EpochFollowerOptions) {
    this.#o = options;
    this.#collector = new RekeyCollector(options.record.specification.keyServer.key);
  }

  /** Goes on with the epoch that is stored. */
  resume(): void {
    const { record, processor } = this.#o;
    const stored = record.storedEpoch;
    if (record.isMember && stored !== undefined) processor.begin(stored, record.roster);
  }

  /**
   * Takes a rekey or statement, from the room or from the key server alone. Never throws.
   * @param proved called when it is the key server's, and no old one
   */
  heard(payload: Uint8Array, from: string, proved: () => void = () => {}): Opened {
    const { incidents, record } = this.#o;
    if (!record.isMember) return TAKEN;
    try {
      const seen = peek(payload);
      if (seen?.group !== record.specification.group) throw malformed();
      if (seen.kind === "rekey") return this.#part(decodeRekey(payload), proved);
      if (seen.kind === "statement") {
        return this.#said(readStatement(decodeStatement(payload).statement), proved);
      }
      throw malformed();
    } catch (error) {
      if (!(error instanceof SimppdError)) throw error;
      return incidents.refuse("malformed", from);
    }
  }

  /**
   * Takes over where the key server says, to us alone, that we stand.
   * @throws SimppdError `bad-group-message` when it does not fit the signed statement
   */
  adopt(
    standing: Standing,
    { asked, chain, specification }: {
      /** The newest statement we had when we asked for what we missed; null for a join. */
      readonly asked: SignedStatement | null;
      readonly chain: readonly Bytes[] | null;
      /** That of the standing's statement. */
      readonly specification: Specification;
    },
  ): void {
    const { record, incidents, self } = this.#o;
    const current = record.statement;
    const statement = readStatement(standing.statement);
    const isSame = current !== null && statement.incarnation === current.incarnation;
    const fault = this.#faultOf(statement);
    if (fault !== null) {
      // A rekey can overtake the answer.
      if (fault === "rolled-back" && isSame && asked !== null && statement.epoch >= asked.epoch) {
        return;
      }
      if (fault === "rolled-back") this.#tellRolledBack(statement);
      return incidents.refuseAloud(fault);
    }
    if (isSame && equal(statement.link, current.link) && record.keys !== null) {
      return this.#catchUp();
    }
    if (isSame && asked !== null && !this.#isProvedBy(chain, asked, statement)) return;
    const { group, keyServer: { key } } = record.specification;
    const proved = proveStanding(standing, group, key, self, record.individualKey);
    if (proved === null) throw malformed();
    const restored = current !== null && !isSame;
    const before = record.roster;
    const judgement = compareRosters(before, proved.roster);
    const isRespecified = asked !== null && current !== null &&
      !equal(current.specification, statement.specification);
    const owners = ownersSentence(record.specification, specification);
    this.#commit(proved, judgement, specification);
    const unproved = before.length === 0 ? undefined : unprovedSentence(judgement, isRespecified);
    if (unproved !== undefined) incidents.tell("unproved", unproved);
    if (owners !== undefined) incidents.tell("unproved", owners);
    for (const { jid } of falseOwners(proved.roster, specification)) {
      incidents.tell("unsigned", keptOwnerSentence(jid));
    }
    for (const member of before.length === 0 ? proved.roster : judgement.joined) {
      const fate = record.expelled(member);
      if (fate !== undefined) incidents.tell("unproved", returnedSentence(member.jid, fate.epoch));
    }
    if (restored) {
      incidents.tell(
        "restored",
        "The key server was restored from a backup and began anew. Who was let in or expelled " +
          "shortly before may have to be once more.",
      );
    }
  }

  /** Incarnations that the room brought, of which the key server is now asked. */
  get others(): readonly string[] {
    return [...this.#others];
  }

  /** The key server, asked after these were heard, is in none of them. */
  notIn(others: readonly string[]): void {
    for (const each of others) {
      this.#others.delete(each);
      if (this.#over.size >= MOST_OTHERS) this.#over.clear();
      this.#over.add(each);
    }
  }

  /** Out of the group, for whatever reason. */
  leave(phase: "out" | "removed" | "closed", sentence: string): void {
    const { record, processor } = this.#o;
    record.leave(phase, sentence);
    processor.expecting = false;
    processor.end();
    this.#collector = new RekeyCollector(record.specification.keyServer.key);
  }

  /** The newest statement, said again in the room. */
  #said(statement: SignedStatement, proved: () => void): Opened {
    const { record, incidents } = this.#o;
    const fault = this.#faultOf(statement);
    if (fault !== null) return incidents.refuse(fault);
    if (statement.incarnation !== record.statement!.incarnation) {
      return this.#another(statement, proved);
    }
    proved();
    if (equal(statement.link, record.statement!.link)) return TAKEN;
    return this.#fallBehind();
  }

  #part(part: RekeyPart, proved: () => void): Opened {
    const { record, incidents } = this.#o;
    const current = record.statement!;
    if (part.incarnation === current.incarnation && part.epoch <= current.epoch) {
      return this.#late(part, current, proved);
    }
    if (part.incarnation !== current.incarnation) return this.#elsewhere(part, proved);
    const change = this.#collector.add(part);
    if (change === null) return TAKEN;
    if (typeof change === "string") {
      return incidents.refuse(
        change === "other-key-server" ? incidents.otherKeyServer() : change,
      );
    }
    proved();
    if (this.#advance()) return TAKEN;
    const isNext = equal(change.statement.previous, record.statement!.link);
    this.#fallBehind();
    return isNext ? TAKEN : incidents.refuse("out-of-order");
  }

  /** Of another incarnation: what it holds of us only the key server itself can say. */
  #elsewhere({ announcement }: RekeyPart, proved: () => void): Opened {
    if (announcement === null) return TAKEN;
    const statement = readStatement(announcement.statement);
    const fault = this.#faultOf(statement);
    return fault === null ? this.#another(statement, proved) : this.#o.incidents.refuse(fault);
  }

  /**
   * Another incarnation is asked about, and nothing waits for it: it may be one of before we came,
   * which whoever has its statements says again and again.
   */
  #another({ incarnation }: SignedStatement, proved: () => void): Opened {
    if (this.#over.has(incarnation)) return this.#o.incidents.refuse("rolled-back");
    proved();
    const isNews = !this.#others.has(incarnation);
    if (this.#others.size >= MOST_OTHERS) this.#others.clear();
    this.#others.add(incarnation);
    this.#o.resync(LAG, isNews);
    return TAKEN;
  }

  /** Of an epoch that we have: a repetition, unless it says something else of it. */
  #late(part: RekeyPart, current: SignedStatement, proved: () => void): Opened {
    if (part.announcement === null || part.epoch < current.epoch) return TAKEN;
    const statement = readStatement(part.announcement.statement);
    if (equal(statement.link, current.link)) {
      proved();
      return TAKEN;
    }
    return this.#o.incidents.refuse(this.#faultOf(statement) ?? "forged");
  }

  /** Why a statement is not to be believed; null: it is the key server's, and no old one. */
  #faultOf(statement: SignedStatement): Refusal | null {
    const { record, incidents } = this.#o;
    const { group, keyServer: { key } } = record.specification;
    if (!isStatementOf(key, statement)) return incidents.otherKeyServer();
    if (statement.group !== group) return "malformed";
    const current = record.statement;
    if (current === null) return null;
    if (record.isPast(statement.incarnation)) return "rolled-back";
    if (statement.incarnation !== current.incarnation) return null;
    if (statement.epoch < current.epoch) return "rolled-back";
    if (statement.epoch > current.epoch || equal(statement.link, current.link)) return null;
    incidents.tell(
      "forked",
      `The key server says different things of epoch ${statement.epoch}: it, or who has its key, may ` +
        "have split the group. Ask its owners.",
    );
    return "forked";
  }

  /** Takes over whatever follows on what we have. @returns whether nothing is ahead any more */
  #advance(): boolean {
    const { record } = this.#o;
    while (record.isMember) {
      const { incarnation, link } = record.statement!;
      const change = this.#collector.after(incarnation, link);
      if (change === null) break;
      if (!this.#apply(change)) return false;
    }
    if (!record.isMember) return true;
    if (this.#collector.isAhead(record.statement!.epoch)) return false;
    this.#catchUp();
    return true;
  }

  /** @returns whether the change is done: its epoch is ours, or we are out by it */
  #apply(change: Change): boolean {
    const { record, resync, self } = this.#o;
    try {
      const roster = rosterAfter(record.roster, change);
      const judgement = this.#judge(roster, change);
      if (!isIn(roster, self)) {
        this.#takenOut(judgement);
        return true;
      }
      const { written = record.specification } = judgement;
      if (!isOfSameGroup(written, record.specification)) throw malformed();
      const proved = proveChange(record.keys!, change, roster);
      if (proved !== null) {
        this.#commit(proved, judgement, written);
        return true;
      }
      if (change.whole) resync(0);
    } catch (error) {
      if (!(error instanceof SimppdError)) throw error;
      // A true copy may still come.
      this.#collector.discard(change.statement);
      resync(0);
    }
    return false;
  }

  #judge(after: Roster, { statement, announcement: { actions } }: Change): Judgement {
    const { record } = this.#o;
    return judge({
      before: record.roster,
      after,
      statement,
      actions,
      specification: record.specification,
      specified: record.statement!.specification,
      isNew: (action) => record.isNewAct(action),
      knows: (member) => record.knows(member),
      expelled: (member) => record.expelled(member),
      order: (incarnation) => record.order(incarnation),
      since: (member) => record.memberSince(member),
    });
  }

  /** Stores an epoch, then lets it be used and told. */
  #commit(proved: Proved, judgement: Judgement, specification: Specification): void {
    const { record, processor, incidents, emit, now, pinned, respecified } = this.#o;
    const { statement, roster } = proved;
    const { stored, strange } = record.commit(proved, judgement, specification, now(), pinned);
    this.#collector.drop(statement.incarnation, statement.epoch);
    incidents.changed();
    processor.begin(stored, roster);
    processor.expecting = false;
    const { joined, left, expelled, changed, unsigned, unproved } = judgement;
    const sentence = epochSentence(statement.epoch, judgement);
    emit({ type: "epoch", epoch: record.epoch!, joined, left, expelled, changed, sentence });
    for (const each of unsigned) incidents.tell("unsigned", each);
    for (const each of unproved) incidents.tell("unproved", each);
    for (const jid of strange) {
      incidents.tell(
        "key-changed",
        `${jid} is in the group with another account key than the one this device knows. Compare ` +
          "the safety number with them.",
      );
    }
    if (!equal(specificationHash(specification), statement.specification)) respecified();
    processor.retry();
    if (statement.reasons.some(({ kind }) => kind === "closed")) {
      this.leave("closed", "The group was ended by its owners.");
    }
  }

  /** Does the chain lead from what we had to what is said now? */
  #isProvedBy(
    chain: readonly Bytes[] | null,
    asked: SignedStatement,
    { epoch, link }: SignedStatement,
  ): boolean {
    if (chain !== null && equal(followChain(asked.link, chain), link)) return true;
    // Longer ago than the key server keeps the chain: to be believed, or never to come back.
    if (chain === null && epoch - asked.epoch > MAX_CHAIN) return true;
    const { incidents } = this.#o;
    incidents.refuseAloud("forked");
    incidents.tell(
      "forked",
      `The key server cannot show how epoch ${epoch} follows from epoch ${asked.epoch} that you were ` +
        "in: it, or who has its key, tells another history. Ask the group's owners.",
    );
    return false;
  }

  #takenOut({ authors, left }: Judgement): void {
    const { jid, device } = this.#o.self;
    const id = `${jid}/${device}`;
    const author = authors.get(id);
    if (author !== undefined && left.some((member) => member.id === id)) {
      this.leave("out", "You left the group.");
    } else if (author !== undefined) this.leave("removed", `You were expelled by ${author}.`);
    else {
      const sentence = "You were taken out of the group by its key server; no owner or admin " +
        "signed it.";
      this.#o.incidents.tell("unsigned", sentence);
      this.leave("removed", sentence);
    }
  }

  #fallBehind(): Opened {
    const { record, processor, resync } = this.#o;
    processor.expecting = true;
    record.setPhase("behind", "The group's key changed and the new one is not here yet: retrying.");
    resync(LAG);
    return TAKEN;
  }

  #catchUp(): void {
    const { record, processor } = this.#o;
    processor.expecting = false;
    record.setPhase("in", "The group's newest key is here.");
    processor.retry();
  }

  #tellRolledBack({ epoch }: SignedStatement): void {
    this.#o.incidents.tell(
      "rolled-back",
      `The key server shows epoch ${epoch}, older than what it had shown before. You stay with what ` +
        "you have; ask the group's owners.",
    );
  }
}
