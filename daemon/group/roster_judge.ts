import type { Bytes } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import { readAction, type SignedAction } from "./action.ts";
import type { EpochStatement, Reason } from "./epoch_statement.ts";
import type { GroupMember } from "./group_keys.ts";
import type { Roster } from "./roster.ts";
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
  const old = new Map(before.map((each) => [each.id, each]));
  const now = new Map(after.map((each) => [each.id, each]));
  const actions = validActions(evidence);
  const left: GroupMember[] = [], expelled: GroupMember[] = [], unsigned: string[] = [];
  const authors = new Map<string, string>();
  for (const member of before) {
    if (now.has(member.id)) continue;
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
  const joined = after.filter(({ id }) => !old.has(id));
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
  const changed = after.filter(({ id, role }) => old.has(id) && old.get(id)!.role !== role);
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
  const old = new Map(before.map((member) => [member.id, member]));
  const now = new Set(after.map(({ id }) => id));
  return {
    joined: before.length === 0 ? [] : after.filter(({ id }) => !old.has(id)),
    left: before.filter(({ id }) => !now.has(id)),
    expelled: [],
    changed: after.filter(({ id, role }) => old.has(id) && old.get(id)!.role !== role),
    unsigned: [],
    authors: new Map(),
  };
}

/** Actions by a device that is or was just now an owner's or admin's here. */
function validActions({ before, after, actions, statement }: Evidence): SignedAction[] {
  return actions.flatMap((encoded) => {
    try {
      const action = readAction(encoded);
      const author = [...before, ...after].find(({ jid, deviceKey }) =>
        jid === action.jid && equal(deviceKey, action.deviceKey)
      );
      const fits = author !== undefined && reaches(author.role, "admin") &&
        action.group === statement.group;
      return fits ? [action] : [];
    } catch {
      return [];
    }
  });
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
    ...expelled.map(({ jid, id }) =>
      authors.has(id) ? `${authors.get(id)} expelled ${jid}` : `${jid} was taken out`
    ),
    ...changed.map(({ jid, role }) => `${jid} is ${role} now`),
  ];
  const shown = [...new Set(said)];
  const more = shown.length > 8 ? [`${shown.length - 7} more changes`] : [];
  const list = [...shown.slice(0, more.length > 0 ? 7 : 8), ...more, "the key changed"];
  return `Epoch ${epoch}: ${list.join(", ")}.`;
}
