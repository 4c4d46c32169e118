import type { Bytes } from "../base/mod.ts";
import type { DataSuiteId } from "./data_suites.ts";
import type { GroupMember } from "./group_keys.ts";
import type { Known, Place } from "./roster_judge.ts";
import type { Role } from "./specification.ts";

/** An epoch we are or were in, with its key. */
export interface StoredEpoch {
  /** 32 hex digits. */
  readonly incarnation: string;
  readonly number: number;
  readonly suite: DataSuiteId;
  /** The epoch's key, 32 bytes. */
  readonly key: Bytes;
  /** The lowest role that might send then. */
  readonly send: Role;
  /** When it began here, ms since 1970. */
  readonly at: number;
}

/** What a member remembers of one group. Everything is written before it counts. */
export interface MemberStore {
  /** Runs `work` whole or not at all. */
  transaction<T>(work: () => T): T;

  /** The control manager's state, as it wrote it; undefined before the first. */
  state(): Bytes | undefined;
  setState(state: Bytes): void;

  /** Adds an epoch and the list of its members. */
  addEpoch(epoch: StoredEpoch, roster: readonly GroupMember[]): void;
  /** The newest list of members of an incarnation, in its order. */
  roster(incarnation: string): GroupMember[];
  /** An epoch whose key is kept; `incarnation` may be its first 8 digits. Newest if two fit. */
  epoch(incarnation: string, number: number): StoredEpoch | undefined;
  /** The first epoch we had of an incarnation (or of its first 8 digits). */
  firstEpoch(incarnation: string): number | undefined;
  /** Who had this device in an epoch. */
  member(incarnation: string, number: number, device: string): GroupMember | undefined;
  /** Drops keys of epochs that began before `at`, and all but the newest `most`; `kept` stays. */
  dropEpochs(at: number, most: number, kept: { incarnation: string; number: number }): void;

  /** As what somebody was a member, by right; undefined for who never was. */
  person(jid: string): Known | undefined;
  addPerson(jid: string, known: Known): void;
  /** Who was expelled (bare JID, or a device's member id) is known no more, but for where that was. */
  addExpelled(subject: string, where: Place): void;
  /** Where somebody was expelled and did not rightly come again. */
  expelled(subject: string): Place | undefined;
  removeExpelled(subject: string): void;
  /** The epoch since which a device has been in without a break, as far as is known here. */
  since(incarnation: string, device: string): number;

  /** Takes `count` counters out of use for ever and gives the first of them. */
  reserveCounters(count: number): number;
  /**
   * Notes that a message was opened.
   * @returns false when it was before, or lies so far behind the newest that nobody can tell
   */
  markOpened(incarnation: string, number: number, device: string, counter: number): boolean;
  /** Would {@link markOpened} take it? */
  isFresh(incarnation: string, number: number, device: string, counter: number): boolean;

  /** Forgets the group. */
  clear(): void;
}
