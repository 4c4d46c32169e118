import { type Bytes, toHex } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import type { SignedAction } from "./action.ts";
import type { EpochStatement, Reason } from "./epoch_statement.ts";
import type { GroupMember } from "./group_keys.ts";
import { mayJoin } from "./may_join.ts";
import type { Roster } from "./roster.ts";
import { rosterDifference } from "./roster_difference.ts";
import { parseSpecification, specificationHash } from "./spec_text.ts";
import { reaches, type Role, type Specification } from "./specification.ts";
import {
  type Act,
  actionOf,
  falseOwners,
  isSignedLeave,
  isSpecOwner,
  validActions,
} from "./valid_acts.ts";

/** What a change of the members comes to, and what of it nobody with the right to it signed. */
export interface Judgement {
  readonly joined: readonly GroupMember[];
  readonly left: readonly GroupMember[];
  readonly expelled: readonly GroupMember[];
  readonly changed: readonly GroupMember[];
  /** Sentences; empty when everything is as the owners and admins wanted it. */
  readonly unsigned: readonly string[];
  /** Who signed that a member goes, by the member's id: who expelled them, or they themselves. */
  readonly authors: ReadonlyMap<string, string>;
  /** What only the key server's word says, as sentences. */
  readonly unproved: readonly string[];
  /** Who is expelled and needs a new act to come again: as {@link Expelled} names them. */
  readonly banned: readonly string[];
  /** Who came with a right to it: ids. */
  readonly invited: readonly string[];
  /** Who was given the role that they have now by who may: ids. */
  readonly given: readonly string[];
  /** Who came again after an expulsion, and in which epoch that was, by id. */
  readonly again: ReadonlyMap<string, number>;
  /** The specification that an owner made valid. */
  readonly written: Specification | undefined;
  /** Acts that are used up by it, by device key, hex: the highest number of each. */
  readonly acts: ReadonlyMap<string, number>;
  /** Were the acts behind it seen? Else others may have been used up unseen. */
  readonly isSeen: boolean;
}

/** An epoch of the group. */
export interface Place {
  /** 32 hex digits. */
  readonly incarnation: string;
  readonly epoch: number;
}

/** Where somebody was expelled: the first epoch without them. */
export interface Expelled extends Place {
  /** Who was: bare JID, the id of a device alone, or {@link accountSubject}. */
  readonly subject: string;
}

/** Somebody who was rightly in. */
export interface Known {
  readonly accountKey: Bytes;
  /** What they were last; member for an owner, whom the specification makes one. */
  readonly role: Role;
  /** Where they came, or were given it. */
  readonly since: Place;
}

/** What a change is judged by. */
export interface Evidence {
  readonly before: Roster;
  readonly after: Roster;
  readonly statement: EpochStatement;
  /** Signed actions that came with it. */
  readonly actions: readonly Bytes[];
  readonly specification: Specification;
  /** Hash of the specification before. */
  readonly specified: Bytes;
  /** Is this none that was used up in this incarnation before? */
  isNew(action: SignedAction): boolean;
  /** What this person was here, with this account key; undefined: they never were rightly in. */
  knows(member: GroupMember): Known | undefined;
  /** Where this person, or this device, was expelled last; undefined: nowhere that we saw. */
  expelled(member: GroupMember): Expelled | undefined;
  /** Which incarnation comes after which; below 0 for one that we were not in. */
  order(incarnation: string): number;
  /** The epoch since which this device has been in, as far as we saw. */
  since(member: GroupMember): number;
}

/**
 * Holds the members of an epoch against its reasons and the signed actions behind them. The key
 * server is trusted to keep the group, yet what it does alone is seen: somebody taken out whom no
 * owner or admin expelled, somebody let in whom the access list does not name, a role or a
 * specification that nobody gave, somebody who left and did not sign it.
 */
export function judge(evidence: Evidence): Judgement {
  const { before, after, statement } = evidence;
  const { gone, joined, changed } = changesOf(before, after);
  const actions = validActions(evidence);
  const written = writtenBy(actions, statement);
  const specification = written ?? evidence.specification;
  const left: GroupMember[] = [], expelled: GroupMember[] = [], unsigned: string[] = [];
  const authors = new Map<string, string>();
  const unproved: string[] = [];
  const banned = new Set<string>(), invited: string[] = [], givenTo: string[] = [];
  const again = new Map<string, number>();
  for (const member of gone) {
    const reason = reasonFor(statement, member, ["expelled", "left"]);
    if (reason?.kind === "left") {
      left.push(member);
      if (isSignedLeave(actions, reason, member)) authors.set(member.id, member.jid);
      else {
        unproved.push(`That ${member.jid} left, the key server alone says: they did not sign it.`);
      }
      continue;
    }
    expelled.push(member);
    const action = actionOf(actions, reason, "expel", member);
    if (action !== undefined) authors.set(member.id, action.author.jid);
    const isPerson = action === undefined ||
      "subject" in action.deed && action.deed.subject === member.jid;
    if (isPerson && after.every(({ jid }) => jid !== member.jid)) {
      banned.add(member.jid).add(accountSubject(member));
    } // One's own devices one takes out for as long as one likes.
    else if (action?.author.jid !== member.jid) banned.add(member.id);
    if (action === undefined) {
      unsigned.push(`The key server took ${member.jid} out of the group on its own.`);
    }
  }
  for (const { kind, subject, action } of statement.reasons) {
    if (kind !== "expelled" || action === null) continue;
    const act = actions.find(({ deed, hash }) =>
      deed.kind === "expel" && deed.subject === subject && equal(hash, action)
    );
    // Who is not in is expelled so that they do not come.
    if (act !== undefined && before.every(({ id, jid }) => id !== subject && jid !== subject)) {
      banned.add(subject);
    }
  }
  for (const member of joined) {
    const reason = reasonFor(statement, member, ["joined"]);
    const fate = evidence.expelled(member);
    const given = actionOf(actions, reason, "admit", member) ??
      actionOf(actions, reason, "role", member);
    if (fate !== undefined) again.set(member.id, fate.epoch);
    if (mayJoin(member, specification, given, fate, evidence)) {
      invited.push(member.id);
      continue;
    }
    unsigned.push(
      fate === undefined
        ? `The key server let ${member.jid} in as ${member.role}, which nobody with the right to it ` +
          "signed."
        : `The key server let ${member.jid} in again as ${member.role}; they were expelled in epoch ` +
          `${fate.epoch}, and nobody with the right to it signed that they may come back.`,
    );
  }
  for (const member of changed) {
    const reason = reasonFor(statement, member, ["role"]);
    const action = actionOf(actions, reason, "role", member) ??
      actionOf(actions, reason, "admit", member);
    const old = before.find(({ id }) => id === member.id)!.role;
    const given = action !== undefined && action.isNew && "role" in action.deed &&
      action.deed.role === member.role &&
      (action.author.role === "owner" || !reaches(old, "admin"));
    // Who is an owner, and who is none any more, stands in the specification.
    const deposed = written !== undefined && old === "owner" && member.role === "member";
    if (given || deposed || isSpecOwner(member, specification)) givenTo.push(member.id);
    else {
      unsigned.push(`The key server made ${member.jid} ${member.role} on its own.`);
    }
  }
  const isSaid = new Set([...joined, ...changed].map(({ id }) => id));
  for (const { id, jid } of written === undefined ? [] : falseOwners(after, written)) {
    if (!isSaid.has(id)) unsigned.push(keptOwnerSentence(jid));
  }
  if (!equal(evidence.specified, statement.specification) && written === undefined) {
    unsigned.push("The key server made another specification valid on its own.");
  }
  if (statement.reasons.some(({ kind }) => kind === "closed")) {
    const ended = actions.some(({ deed, author }) =>
      deed.kind === "close" && author.role === "owner"
    );
    if (!ended) unsigned.push("The key server ended the group on its own.");
  }
  const acts = new Map<string, number>();
  for (const { number, deviceKey, deed, isOfOwn } of actions) {
    if (deed.kind === "leave" || isOfOwn) continue;
    const device = toHex(deviceKey);
    acts.set(device, Math.max(number, acts.get(device) ?? 0));
  }
  const people = { joined, left, expelled, changed };
  const told = { unsigned, unproved, authors, banned: [...banned], invited, given: givenTo, again };
  return { ...people, ...told, written, acts, isSeen: true };
}

/** Names an account among those who were expelled, whatever address it comes from: no JID is so. */
export function accountSubject({ accountKey }: GroupMember): string {
  return `account ${toHex(accountKey)}`;
}

/** The specification that an owner made valid with this change. */
function writtenBy(actions: readonly Act[], statement: EpochStatement): Specification | undefined {
  for (const { deed, author } of actions) {
    if (deed.kind !== "respecify" || author.role !== "owner") continue;
    try {
      const written = parseSpecification(deed.text);
      if (equal(specificationHash(written), statement.specification)) return written;
    } catch {
      // Nobody's specification.
    }
  }
  return undefined;
}

/** What differs between two lists of which nobody says why: what was missed, or begins. */
export function compareRosters(before: Roster, after: Roster): Judgement {
  const { gone: left, joined, changed } = changesOf(before, after);
  return {
    joined: before.length === 0 ? [] : joined,
    left,
    expelled: [],
    changed,
    unsigned: [],
    unproved: [],
    authors: new Map(),
    banned: [],
    invited: [],
    given: [],
    again: new Map(),
    written: undefined,
    acts: new Map(),
    isSeen: false,
  };
}

/** What changed while nobody here could see by whose act; undefined when nothing did. */
export function unprovedSentence(
  { joined, left, changed }: Judgement,
  isRespecified: boolean,
): string | undefined {
  const said = [
    ...new Set([
      ...joined.map(({ jid, role }) => `${jid} came as ${role}`),
      ...left.map(({ jid }) => `${jid} is gone`),
      ...changed.map(({ jid, role }) => `${jid} is ${role}`),
      ...isRespecified ? ["another specification is valid"] : [],
    ]),
  ];
  if (said.length === 0) return undefined;
  const list = said.length > 8 ? [...said.slice(0, 7), `${said.length - 7} more changes`] : said;
  return `While this device was away: ${list.join(", ")}. By whose act, the key server alone says.`;
}

/** Other owners by a specification of which nobody showed who signed it; undefined: the same. */
export function ownersSentence(before: Specification, after: Specification): string | undefined {
  const missing = (some: Specification, others: Specification) =>
    some.owners.filter(({ jid, fingerprint }) =>
      !others.owners.some((owner) => owner.jid === jid && owner.fingerprint === fingerprint)
    );
  const said = [
    ...missing(after, before).map(({ jid }) => `${jid} is one now`),
    ...missing(before, after).map(({ jid }) => `${jid} is none any more`),
  ];
  if (said.length === 0) return undefined;
  const list = said.length > 8 ? [...said.slice(0, 7), `${said.length - 7} more changes`] : said;
  return `The group has other owners: ${
    list.join(", ")
  }. By whose act, the key server alone says: ` +
    "ask who was an owner before.";
}

/** Somebody stands as an owner in the list alone. */
export function keptOwnerSentence(jid: string): string {
  return `The key server has ${jid} as an owner, whom the group's specification does not name. ` +
    "What they sign counts for nothing here.";
}

/** Somebody is in a list that nobody proved, of whom this device saw that they were expelled. */
export function returnedSentence(jid: string, epoch: number): string {
  return `${jid}, who was expelled in epoch ${epoch}, is in the group again: by whose act, the key ` +
    "server alone says. Ask the group's owners.";
}

/** Who is in one list alone, and who has another role. */
function changesOf(before: Roster, after: Roster) {
  const { gone, come } = rosterDifference(before, after);
  const old = new Map(gone.map((member) => [member.id, member]));
  const now = new Set(come.map(({ id }) => id));
  return {
    gone: gone.filter(({ id }) => !now.has(id)),
    joined: come.filter(({ id }) => !old.has(id)),
    changed: come.filter(({ id, role }) => old.has(id) && old.get(id)!.role !== role),
  };
}

function reasonFor(
  statement: EpochStatement,
  member: GroupMember,
  kinds: readonly Reason["kind"][],
): Reason | undefined {
  return statement.reasons.find(({ kind, subject }) =>
    kinds.includes(kind) && (subject === member.id || subject === member.jid)
  );
}

/** "Epoch 7: bob@example.org left, the key changed." */
export function epochSentence(epoch: number, judgement: Judgement): string {
  const { joined, left, expelled, changed, authors, again } = judgement;
  const said = [
    ...joined.map(({ jid, id, role }) => {
      const back = again.get(id);
      return `${jid}${back === undefined ? "" : `, expelled in epoch ${back},`} joined` +
        (role === "member" ? "" : ` as ${role}`);
    }),
    // Who did not sign it may have been expelled, as far as this device saw.
    ...left.map(({ jid, id }) => `${jid} ${authors.has(id) ? "left" : "is gone"}`),
    ...expelled.map(({ jid, id }) => {
      const author = authors.get(id);
      if (author === undefined) return `${jid} was taken out`;
      return author === jid ? `${jid} took a device of theirs out` : `${author} expelled ${jid}`;
    }),
    ...changed.map(({ jid, role }) => `${jid} is ${role} now`),
  ];
  const shown = [...new Set(said)];
  const more = shown.length > 8 ? [`${shown.length - 7} more changes`] : [];
  const list = [...shown.slice(0, more.length > 0 ? 7 : 8), ...more, "the key changed"];
  return `Epoch ${epoch}: ${list.join(", ")}.`;
}
