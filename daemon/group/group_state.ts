import { type Bytes, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from "../base/mod.ts";
import type { Random } from "../crypto/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import { readStatement, type SignedStatement } from "./epoch_statement.ts";
import { KeyGraph } from "./key_graph.ts";
import { decodeRoster, encodeRoster, type Roster } from "./roster.ts";
import { parseSpecification, printSpecification } from "./spec_text.ts";
import type { Role, Specification } from "./specification.ts";

/** A person the group knows of, whether a device of theirs is in or not. */
export interface Person {
  /** Never owner: who is one, the specification says, for as long as it does. */
  readonly role: Exclude<Role, "owner">;
  /** Account key pinned when a device of theirs joined first; null before. */
  readonly account: Bytes | null;
  /** The signed action that let them in, or gave them their role since; null: the access list. */
  readonly admission: Bytes | null;
  /** Bare JID of the admin who let them in; empty: an owner, or the access list. */
  readonly by: string;
}

/** The newest action of a device, so that none is taken twice. */
export interface LastAction {
  readonly number: number;
  readonly hash: Bytes;
}

/** Somebody who was expelled, and not admitted again. */
export interface Ban {
  /** The epoch from which it holds: who signed an admission before it did not know. */
  readonly epoch: number;
  /** Bare JID of the admin who did it; empty: an owner. */
  readonly by: string;
  /** Account key of a person, hex: no other address lets it in; empty: not known, or one device. */
  readonly account: string;
}

/** All that a key server keeps of a group between two changes; each change makes a new one. */
export interface GroupState {
  readonly specification: Specification;
  /** 32 hex digits. */
  readonly incarnation: string;
  readonly epoch: number;
  /** Null before the first epoch. */
  readonly statement: SignedStatement | null;
  readonly roster: Roster;
  /** By bare JID. */
  readonly persons: ReadonlyMap<string, Person>;
  /** By bare JID or member id. */
  readonly banned: ReadonlyMap<string, Ban>;
  /** By device key, hex. */
  readonly actions: ReadonlyMap<string, LastAction>;
  /** The epoch before which no act of a device that is not among them counts. */
  readonly actionsSince: number;
  /** By member id: codes of the data suites each allows. */
  readonly policies: ReadonlyMap<string, readonly number[]>;
  /** By member id: the registration each joined with. */
  readonly registrations: ReadonlyMap<string, string>;
  /** Was it put back from a backup, and no epoch begun since? */
  readonly restored: boolean;
  readonly closed: boolean;
}

/** Persons, banned ones, devices of owners and admins that are remembered, each. */
export const MAX_KNOWN = 4096;

/** A group before its first member. */
export function newGroup(specification: Specification, random: Random): GroupState {
  return {
    specification,
    incarnation: toHex(random(16)),
    epoch: 0,
    statement: null,
    roster: [],
    persons: new Map(),
    banned: new Map(),
    actions: new Map(),
    actionsSince: 0,
    policies: new Map(),
    registrations: new Map(),
    restored: false,
    closed: false,
  };
}

/** The role somebody has, or would have; null for who is nobody yet. */
export function roleOf(state: GroupState, jid: string, accountKey: Bytes): Role | null {
  const person = state.persons.get(jid);
  if (isOwner(state.specification, jid, accountKey)) return "owner";
  return person?.role ?? null;
}

/** Does the specification name this person, with this key, as an owner? */
export function isOwner(specification: Specification, jid: string, accountKey: Bytes): boolean {
  const fingerprint = fingerprintOf(accountKey);
  return specification.owners.some((owner) =>
    owner.jid === jid && owner.fingerprint === fingerprint
  );
}

/** The state and the key graph as one value; secret. */
export function encodeGroup(state: GroupState, graph: KeyGraph): Bytes {
  return utf8(JSON.stringify({
    specification: printSpecification(state.specification),
    incarnation: state.incarnation,
    epoch: state.epoch,
    statement: state.statement === null ? null : toBase64(state.statement.encoded),
    roster: toBase64(encodeRoster(state.roster)),
    persons: [...state.persons].map(([jid, { role, account, admission, by }]) => ({
      jid,
      role,
      account: account && toHex(account),
      admission: admission && toBase64(admission),
      by,
    })),
    banned: [...state.banned].map((
      [subject, { epoch, by, account }],
    ) => [subject, epoch, by, account]),
    actions: [...state.actions].map(([device, { number, hash }]) => [device, number, toHex(hash)]),
    actionsSince: state.actionsSince,
    policies: [...state.policies],
    registrations: [...state.registrations],
    restored: state.restored,
    closed: state.closed,
    graph: toBase64(graph.encode()),
  }));
}

/** What {@link encodeGroup} wrote. @throws Error when it is anything else */
export function decodeGroup(
  bytes: Uint8Array,
  random: Random,
): { state: GroupState; graph: KeyGraph } {
  const stored = JSON.parse(fromUtf8(bytes)) as Stored;
  const state: GroupState = {
    specification: parseSpecification(stored.specification),
    incarnation: stored.incarnation,
    epoch: stored.epoch,
    statement: stored.statement === null ? null : readStatement(fromBase64(stored.statement)),
    roster: decodeRoster(fromBase64(stored.roster)),
    persons: new Map(stored.persons.map(({ jid, role, account, admission, by }) => [jid, {
      role,
      account: account === null ? null : fromHex(account),
      admission: admission === null ? null : fromBase64(admission),
      by,
    }])),
    banned: new Map(
      stored.banned.map(([subject, epoch, by, account]) => [subject, { epoch, by, account }]),
    ),
    actions: new Map(
      stored.actions.map(([device, number, hash]) => [device, { number, hash: fromHex(hash) }]),
    ),
    actionsSince: stored.actionsSince,
    policies: new Map(stored.policies),
    registrations: new Map(stored.registrations),
    restored: stored.restored,
    closed: stored.closed,
  };
  return { state, graph: KeyGraph.restore(fromBase64(stored.graph), random) };
}

interface Stored {
  specification: string;
  incarnation: string;
  epoch: number;
  statement: string | null;
  roster: string;
  persons: {
    jid: string;
    role: Person["role"];
    account: string | null;
    admission: string | null;
    by: string;
  }[];
  banned: [string, number, string, string][];
  actions: [string, number, string][];
  actionsSince: number;
  policies: [string, number[]][];
  registrations: [string, string][];
  restored: boolean;
  closed: boolean;
  graph: string;
}
