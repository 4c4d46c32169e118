import { equal } from "../crypto/mod.ts";
import { type Deed, readAction, type SignedAction } from "./action.ts";
import type { Reason } from "./epoch_statement.ts";
import type { GroupMember } from "./group_keys.ts";
import type { Roster } from "./roster.ts";
import type { Evidence, Expelled } from "./roster_judge.ts";
import { reaches } from "./specification.ts";

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
 * travels each time a device of theirs comes; all else counts once, and in its incarnation: what
 * members sign about themselves, whose numbers are not kept, for the time that the device is in.
 */
export function validActions(evidence: Evidence): Act[] {
  const { before, actions, statement, since } = evidence;
  return actions.flatMap((encoded) => {
    try {
      const action = readAction(encoded);
      const author = before.find(({ jid, deviceKey }) =>
        jid === action.jid && equal(deviceKey, action.deviceKey)
      );
      if (author === undefined || action.group !== statement.group) return [];
      const isNew = action.incarnation === statement.incarnation && evidence.isNew(action);
      const leads = reaches(author.role, "admin");
      const own = leads ? undefined : otherOf(action, author, before);
      const act = { ...action, author, isNew, isOfOwn: own !== undefined };
      const goes = action.deed.kind === "leave" ? author : own;
      if (goes !== undefined) {
        // Who went and came again does not go by what was signed before.
        const isOfNow = action.incarnation === statement.incarnation &&
          action.epoch < statement.epoch && action.epoch >= since(goes);
        return isOfNow ? [act] : [];
      }
      return leads && (isNew || action.deed.kind === "admit") ? [act] : [];
    } catch {
      return [];
    }
  });
}

/** The other device of the same account that a member takes out. */
function otherOf(
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

/** Was this signed by somebody who could know of an expulsion, and not before it? */
export function isSince(act: Act, fate: Expelled, { order }: Evidence): boolean {
  if (act.incarnation === fate.incarnation) return act.epoch >= fate.epoch;
  return order(act.incarnation) > order(fate.incarnation);
}
