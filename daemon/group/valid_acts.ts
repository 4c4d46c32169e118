import { equal } from "../crypto/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import { type Deed, readAction, type SignedAction } from "./action.ts";
import type { Reason } from "./epoch_statement.ts";
import type { GroupMember } from "./group_keys.ts";
import type { Roster } from "./roster.ts";
import type { Evidence, Place } from "./roster_judge.ts";
import { reaches, type Specification } from "./specification.ts";

/** An action, and what its author was before the change: who comes by it has no say in it. */
export type Act = SignedAction & {
  readonly author: GroupMember;
  /** Is it none that was used up before? */
  readonly isNew: boolean;
  /** Is it a member's, who leads nothing, about another device of the same account? */
  readonly isOfOwn: boolean;
};

/**
 * Actions by a device that was an owner's or admin's here, or about one's own. What let somebody in
 * and what gave them a role travels each time a device of theirs comes; all else counts once, and in
 * its incarnation. What takes an own device out is kept by nobody: it counts for as long as that
 * device has been in.
 */
export function validActions(evidence: Evidence): Act[] {
  const { before, actions, statement, since } = evidence;
  return actions.flatMap((encoded) => {
    try {
      const action = readAction(encoded);
      const listed = before.find(({ jid, deviceKey }) =>
        jid === action.jid && equal(deviceKey, action.deviceKey)
      );
      if (listed === undefined || action.group !== statement.group) return [];
      // An owner is whom the specification names, whatever the list says.
      const isOwner = listed.role !== "owner" || isSpecOwner(listed, evidence.specification);
      const author: GroupMember = isOwner ? listed : { ...listed, role: "member" };
      const isNew = action.incarnation === statement.incarnation && evidence.isNew(action);
      const own = ownDevice(action, author, before);
      const { kind } = action.deed;
      const act = { ...action, author, isNew, isOfOwn: own !== undefined };
      const goes = kind === "leave" ? author : own;
      if (goes !== undefined) {
        // Who left and came again has not left by what was signed before.
        const isTheirs = action.incarnation === statement.incarnation &&
          action.epoch < statement.epoch && action.epoch >= since(goes);
        return isTheirs ? [act] : [];
      }
      const stays = kind === "admit" || kind === "role";
      return reaches(author.role, "admin") && (isNew || stays) ? [act] : [];
    } catch {
      return [];
    }
  });
}

/** The device of the author's account that it takes out. */
function ownDevice(
  { deed }: SignedAction,
  author: GroupMember,
  before: Roster,
): GroupMember | undefined {
  return before.find(({ id, jid, accountKey }) =>
    deed.kind === "expel" && id === deed.subject && jid === author.jid &&
    equal(accountKey, author.accountKey)
  );
}

/** The act that a reason names, if it is one to that end by somebody who may. */
export function actionOf(
  actions: readonly Act[],
  reason: Reason | undefined,
  kind: "admit" | "expel" | "role",
  member: GroupMember,
): Act | undefined {
  if (reason === undefined || reason.action === null) return undefined;
  return actions.find(({ hash, deed, author }) =>
    equal(hash, reason.action!) && deed.kind === kind &&
    (deed.subject === member.jid || deed.subject === member.id) && mayDo(author, deed, member)
  );
}

/** Owners make and unmake admins, and nobody by an act an owner; admins have a say over the others. */
function mayDo(author: GroupMember, deed: Deed, member: GroupMember): boolean {
  if (deed.kind === "expel") {
    const own = author.jid === member.jid && equal(author.accountKey, member.accountKey);
    return own || author.role === "owner" || !reaches(member.role, "admin");
  }
  if (deed.kind !== "admit" && deed.kind !== "role") return false;
  if (deed.role === "owner") return false;
  return author.role === "owner" || deed.kind === "admit" && deed.role !== "admin";
}

/** Did this very device sign that it leaves? */
export function isSignedLeave(
  actions: readonly Act[],
  { action }: Reason,
  { id }: GroupMember,
): boolean {
  return action !== null &&
    actions.some(({ hash, deed, author }) =>
      deed.kind === "leave" && author.id === id && equal(hash, action)
    );
}

/** Was this signed by somebody who could know of what happened there, and not before it? */
export function isSince(act: Place, where: Place, { order }: Evidence): boolean {
  if (act.incarnation === where.incarnation) return act.epoch >= where.epoch;
  return order(act.incarnation) > order(where.incarnation);
}

/** Is this person, with these keys, an owner by the specification, and here as one? */
export function isSpecOwner(member: GroupMember, { owners }: Specification): boolean {
  if (member.role !== "owner") return false;
  const fingerprint = fingerprintOf(member.accountKey);
  return owners.some((owner) => owner.jid === member.jid && owner.fingerprint === fingerprint);
}

/** Whom a list has as owners though the specification names them not. */
export function falseOwners(roster: Roster, specification: Specification): GroupMember[] {
  return roster.filter((member) => member.role === "owner" && !isSpecOwner(member, specification));
}
