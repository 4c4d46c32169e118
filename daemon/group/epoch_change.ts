import type { Bytes } from "../base/mod.ts";
import { equal, type KeyPair } from "../crypto/mod.ts";
import { actionHash } from "./action.ts";
import { encodeRekey, rekeyLeaf, type RekeyPart } from "./announcements.ts";
import { negotiate } from "./data_suites.ts";
import { roleIn } from "./deeds.ts";
import { type Reason, type SignedStatement, signStatement } from "./epoch_statement.ts";
import type { GroupState } from "./group_state.ts";
import type { KeyGraph, Rekey } from "./key_graph.ts";
import type { StoredRegistration } from "./key_server_store.ts";
import { MerkleTree } from "./merkle.ts";
import { MAX_PAYLOAD } from "./payload.ts";
import type { GroupMember } from "./group_keys.ts";
import {
  applyRosterChange,
  decodeRoster,
  decodeRosterChange,
  encodeRoster,
  encodeRosterChange,
  type Roster,
  rosterChange,
  rosterHash,
} from "./roster.ts";
import { takeOverEncoding } from "./roster_encoding.ts";
import { specificationHash } from "./spec_text.ts";
import { encodeWraps, type Wrap } from "./wrap.ts";

/** Bytes of a part beside its wraps and its announcement: header, path, lengths. */
const OVERHEAD = 1024;
/** Bytes of one wrap in `encodeWraps`. */
const WRAP = 76;
const ZEROS = new Uint8Array(32);

/** Who comes and goes with a change, and why. */
export interface Change {
  /** The group as it is to be, but for what the change of the key makes. */
  readonly state: GroupState;
  readonly join: readonly {
    readonly member: GroupMember;
    readonly registration: StoredRegistration;
  }[];
  /** Member ids. */
  readonly leave: readonly string[];
  readonly reasons: readonly Reason[];
  /** Signed actions that reasons name. */
  readonly actions: readonly Bytes[];
}

/** What a change makes: to be stored, and then to be sent. */
export interface Epoch {
  readonly state: GroupState & { readonly statement: SignedStatement };
  /** Payloads for the room, in order. */
  readonly room: readonly Bytes[];
  /** Payloads for single members, by member id. */
  readonly single: ReadonlyMap<string, readonly Bytes[]>;
  /** Those who came by it: they are answered, and need nothing of the above. */
  readonly joined: ReadonlySet<string>;
}

/** Wraps with those they are for; null: all. */
interface Packet {
  readonly to: readonly string[] | null;
  readonly wraps: readonly Wrap[];
}

/**
 * Changes the key graph and signs what came of it: one signature over the statement, which names the
 * Merkle root of all rekey messages. Nothing is stored or sent here; the graph is changed.
 *
 * @param now ms since 1970
 * @throws RangeError when the change does not fit the graph
 */
export function makeEpoch(graph: KeyGraph, change: Change, signing: KeyPair, now: number): Epoch {
  const { state, join } = change;
  const { group } = state.specification;
  const epoch = state.epoch + 1;
  if (epoch > 0xffffffff) throw new RangeError("the epochs of this incarnation are used up");
  const rekey = rekeyOf(graph, change, epoch);
  const after = membersAfter(change);
  const joined = new Set(join.map(({ member }) => member.id));
  const announced = {
    change: encodeRosterChange(rosterChange(state.roster, after.roster)),
    actions: [...change.actions, ...join.flatMap(({ member }) => admissionOf(state, member))],
  };
  requireReadable(state.roster, announced.change, after.roster);
  const reasons = [...change.reasons, ...join.map(({ member }) => joinedReason(state, member))];
  const size = announced.change.length + 256 +
    announced.actions.reduce((sum, action) => sum + action.length + 4, 0) +
    reasons.reduce((sum, { subject }) => sum + 40 + 3 * subject.length, 300);
  const packets = packetsOf(rekey, joined, MAX_PAYLOAD - OVERHEAD - size);
  const { incarnation } = state;
  const bare = packets.map(({ wraps }, part) => ({
    group,
    incarnation,
    epoch,
    part,
    parts: packets.length,
    wraps: encodeWraps(wraps),
  }));
  const tree = bare.length === 0 ? undefined : new MerkleTree(bare.map(rekeyLeaf));
  const statement = signStatement(signing.secret, {
    group,
    incarnation,
    epoch,
    previous: state.statement?.link ?? ZEROS,
    members: rosterHash(after.roster),
    groupKeyName: rekey.groupKeyName,
    suite: after.suite,
    specification: specificationHash(state.specification),
    time: now,
    reasons,
    rekeyRoot: tree?.root ?? ZEROS,
  });
  const announcement = { statement: statement.encoded, ...announced };
  const parts = bare.map((part, at) => ({
    ...part,
    needed: bare.length,
    path: tree!.path(at),
    announcement: packets[at]!.to !== null || at === 0 ? announcement : null,
  }));
  return {
    state: { ...state, ...after, epoch, statement, restored: false },
    joined,
    ...addressed(packets, parts),
  };
}

/**
 * Reads what is announced as members will: an epoch that none of them can read would be everybody's
 * last. Those of before were read so when they came.
 */
function requireReadable(before: Roster, change: Bytes, after: Roster): void {
  const read = before.length === 0
    // To nobody is a change announced: who comes gets the list.
    ? decodeRoster(encodeRoster(after))
    : applyRosterChange(before, decodeRosterChange(change));
  if (!equal(rosterHash(read), rosterHash(after))) {
    throw new RangeError("the list of members would be read as another");
  }
}

function rekeyOf(graph: KeyGraph, { state, join, leave }: Change, epoch: number): Rekey {
  if (join.length === 0 && leave.length === 0) {
    return state.restored ? graph.renewAll(epoch) : graph.renew(epoch);
  }
  const joiners = join.map(({ member, registration }) => ({
    member: member.id,
    individualKey: registration.individualKey,
  }));
  return graph.change({ epoch, join: joiners, leave }, state.specification.strategy);
}

/** The lists of members, policies and registrations after a change, and the suite they allow. */
function membersAfter({ state, join, leave }: Change) {
  const gone = new Set(leave);
  const roster = [
    ...state.roster.filter(({ id }) => !gone.has(id))
      .map((member) => {
        const role = roleIn(state, member.jid, member.accountKey);
        return role === member.role ? member : { ...member, role };
      }),
    ...join.map(({ member }) => member),
  ];
  takeOverEncoding(state.roster, roster);
  const policies = new Map([...state.policies].filter(([id]) => !gone.has(id)));
  const registrations = new Map([...state.registrations].filter(([id]) => !gone.has(id)));
  for (const { member, registration } of join) {
    policies.set(member.id, registration.suites);
    registrations.set(member.id, registration.id);
  }
  const suite = negotiate(state.specification.suites, [...policies.values()]);
  if (suite === undefined) throw new RangeError("members without a common suite");
  return { roster, policies, registrations, suite: suite.id };
}

function admissionOf(state: GroupState, { jid }: GroupMember): Bytes[] {
  const admission = state.persons.get(jid)?.admission ?? null;
  return admission === null ? [] : [admission];
}

function joinedReason(state: GroupState, member: GroupMember): Reason {
  const [admission] = admissionOf(state, member);
  const action = admission === undefined ? null : actionHash(admission);
  return { kind: "joined", subject: member.id, action };
}

/** Cuts what the graph says into what fits; what is for newcomers alone goes with their answers. */
function packetsOf(rekey: Rekey, joined: ReadonlySet<string>, room: number): Packet[] {
  const most = Math.max(1, Math.floor((room - 4) / WRAP));
  return rekey.messages.flatMap(({ to, wraps }) => {
    const members = to.kind === "all" ? null : to.members;
    if (members !== null && members.every((member) => joined.has(member))) return [];
    const cuts: Packet[] = [];
    for (let at = 0; at < wraps.length; at += most) {
      cuts.push({ to: members, wraps: wraps.slice(at, at + most) });
    }
    return cuts;
  });
}

function addressed(packets: readonly Packet[], parts: readonly RekeyPart[]) {
  const room: Bytes[] = [];
  const ofMember = new Map<string, RekeyPart[]>();
  for (const [at, { to }] of packets.entries()) {
    if (to === null) room.push(encodeRekey(parts[at]!));
    for (const member of to ?? []) {
      const mine = ofMember.get(member);
      if (mine === undefined) ofMember.set(member, [parts[at]!]);
      else mine.push(parts[at]!);
    }
  }
  const encoded = new Map<string, Bytes>();
  const encode = (part: RekeyPart, needed: number) => {
    const key = `${part.part} ${needed}`;
    let bytes = encoded.get(key);
    if (bytes === undefined) encoded.set(key, bytes = encodeRekey({ ...part, needed }));
    return bytes;
  };
  const single = new Map(
    [...ofMember].map(([member, mine]) =>
      [member, mine.map((part) => encode(part, mine.length))] as const
    ),
  );
  return { room, single };
}

/** The leaf and the wraps by which one member stands in the epoch as it is. */
export function standingOf(graph: KeyGraph, member: string, epoch: number) {
  const { wraps } = graph.resync(member, epoch);
  return { leaf: wraps[0]!.under, wraps: encodeWraps(wraps) };
}
