import type { Bytes } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import { readAction, type SignedAction } from "./action.ts";
import type { EpochStatement, Reason } from "./epoch_statement.ts";
import type { GroupMember } from "./group_keys.ts";
import type { Roster } from "./roster.ts";
import { rosterDifference } from "./roster_difference.ts";
import { reaches, type Specification } from "./specification.ts";

/** What a change of the members comes to, and what of it nobody with the right to it signed. */
export interface Judgement {
  readonly joined: readonly GroupMember[];
  readonly left: readonly GroupMember[];
  readonly expelled: readonly GroupMember[];
  readonly changed: readonly GroupMember[];
  /** Sentences; empty when everything is as the owners and admins wanted it. */
  readonly unsigned: readonly string[];
  /** Who expelled, by member id. */
  readonly authors: ReadonlyMap<string, string>;
}

/** What a change is judged by. */
export interface Evidence {
  readonly before: Roster;
  readonly after: Roster;
  readonly statement: EpochStatement;
  /** Signed actions that came with it. */
  readonly actions: readonly Bytes[];
  readonly specification: Specification;
  /** Has this person been a member here, with this account key? */
  knows(member: GroupMember): boolean;
}

/**
 * Holds the members of an epoch against its reasons and the signed actions behind them. The key
 * server is trusted to keep the group, yet what it does alone is seen: somebody taken out whom no
 * owner or admin expelled and who did not leave, somebody let in whom the access list does not name,
 * a role that nobody gave.
 */
export function judge(evidence: Evidence): Judgement {
  const { before, after, statement, specification } = evidence;
  const { gone, joined, changed } = changesOf(before, after);
  const actions = validActions(evidence);
  const left: GroupMember[] = [], expelled: GroupMember[] = [], unsigned: string[] = [];
  const authors = new Map<string, string>();
  for (const member of gone) {
    const reason = reasonFor(statement, member, ["expelled", "left"]);
    if (reason?.kind === "left") {
      left.push(member);
      continue;
    }
    expelled.push(member);
    const action = actionOf(actions, reason, "expel", member);
    if (action !== undefined) authors.set(member.id, action.jid);
    else unsigned.push(`The key server took ${member.jid} out of the group on its own.`);
  }
  for (const member of joined) {
    const reason = reasonFor(statement, member, ["joined"]);
    const admitted = actionOf(actions, reason, "admit", member);
    if (!mayJoin(member, specification, admitted, evidence)) {
      unsigned.push(
        `The key server let ${member.jid} in as ${member.role}, which nobody with the right to it ` +
          "signed.",
      );
    }
  }
  for (const member of changed) {
    const reason = reasonFor(statement, member, ["role"]);
    const action = actionOf(actions, reason, "role", member) ??
      actionOf(actions, reason, "admit", member);
    const given = action !== undefined && "role" in action.deed &&
      action.deed.role === member.role;
    if (!given && !isSpecOwner(member, specification)) {
      unsigned.push(`The key server made ${member.jid} ${member.role} on its own.`);
    }
  }
  return { joined, left, expelled, changed, unsigned, authors };
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
    authors: new Map(),
  };
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

/** Actions by a device that is or was just now an owner's or admin's here, or about one's own. */
function validActions({ before, after, actions, statement }: Evidence): SignedAction[] {
  return actions.flatMap((encoded) => {
    try {
      const action = readAction(encoded);
      const author = [...before, ...after].find(({ jid, deviceKey }) =>
        jid === action.jid && equal(deviceKey, action.deviceKey)
      );
      const fits = author !== undefined && action.group === statement.group &&
        (reaches(author.role, "admin") || isOfOwn(action, author, before));
      return fits ? [action] : [];
    } catch {
      return [];
    }
  });
}

/** Does a member take out another device of the same account? */
function isOfOwn({ deed }: SignedAction, author: GroupMember, before: Roster): boolean {
  const other = before.find(({ id }) => deed.kind === "expel" && id === deed.subject);
  return other !== undefined && other.jid === author.jid &&
    equal(other.accountKey, author.accountKey);
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

function actionOf(
  actions: readonly SignedAction[],
  reason: Reason | undefined,
  kind: "admit" | "expel" | "role",
  member: GroupMember,
): SignedAction | undefined {
  if (reason === undefined || reason.action === null) return undefined;
  return actions.find(({ hash, deed }) =>
    equal(hash, reason.action!) && deed.kind === kind &&
    (deed.subject === member.jid || deed.subject === member.id)
  );
}

function mayJoin(
  member: GroupMember,
  specification: Specification,
  admitted: SignedAction | undefined,
  { before, knows }: Evidence,
): boolean {
  if (isSpecOwner(member, specification)) return true;
  const other = before.find(({ jid, accountKey }) =>
    jid === member.jid && equal(accountKey, member.accountKey)
  );
  if (other !== undefined) return other.role === member.role;
  if (admitted?.deed.kind === "admit") return admitted.deed.role === member.role;
  if (member.role === "owner") return false;
  // Who was in before comes back without another action; what role they had we cannot tell here.
  if (knows(member)) return true;
  return member.role === "member" && specification.access.some((access) => {
    switch (access.kind) {
      case "invited":
        return false;
      case "jid":
        return access.jid === member.jid;
      case "account":
        return access.fingerprint === fingerprintOf(member.accountKey);
      case "domain":
        return member.jid.endsWith(`@${access.domain}`);
    }
  });
}

function isSpecOwner(member: GroupMember, { owners }: Specification): boolean {
  if (member.role !== "owner") return false;
  const fingerprint = fingerprintOf(member.accountKey);
  return owners.some((owner) => owner.jid === member.jid && owner.fingerprint === fingerprint);
}

/** "Epoch 7: bob@example.org left, the key changed." */
export function epochSentence(epoch: number, judgement: Judgement): string {
  const { joined, left, expelled, changed, authors } = judgement;
  const said = [
    ...joined.map(({ jid }) => `${jid} joined`),
    ...left.map(({ jid }) => `${jid} left`),
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
