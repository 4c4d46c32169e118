import { logOf } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { parseSpecification, type Specification } from "../group/mod.ts";
import type { StoredGroup, StoredGroups } from "../store/mod.ts";
import { invitationOf } from "./group_content.ts";
import type { Subscription } from "../views/mod.ts";
import type { Incoming } from "./incoming.ts";

/** Invitations that wait for an answer, at most. */
const MOST = 50;
/** Who was told no, and is not accepted as a contact, is not heard for that group so long, in ms. */
const DECLINED_FOR = 86_400_000;
const ACCEPTED: readonly Subscription[] = ["to", "from", "both"];

interface Around {
  readonly people: {
    has(jid: string): boolean;
    isStranger(jid: string): boolean;
    isBlocked(jid: string): boolean;
    get(jid: string): { readonly subscription: Subscription };
  };
  readonly stored: StoredGroups;
  /** Did the person compare this contact's keys? */
  readonly isVerified: (jid: string) => boolean;
  readonly own: string;
  /** Was one put out of this group, which one was in, or not let in? */
  readonly isOut: (jid: string) => boolean;
  /** Is something remembered of this room, in clear? */
  isPlainRoom(jid: string): boolean;
}

/**
 * An invitation to a group as it came under seal; undefined when there is none, or it is passed over.
 * Only a contact's counts: its specification says whose key is pinned.
 */
export function takeInvitation(
  from: string,
  { content }: Incoming["envelope"],
  around: Around,
): StoredGroup | undefined {
  const { people, stored, own, isPlainRoom } = around;
  const found = invitationOf(content);
  if (found === undefined) return undefined;
  if (from === own || people.isBlocked(from) || people.isStranger(from)) return undefined;
  let specification;
  try {
    specification = parseSpecification(found.specification);
  } catch (error) {
    logOf("app").warn("an invitation of {from} cannot be read: {error}", { from, error });
    return undefined;
  }
  const { room: jid, group: id } = specification;
  // A group that stood under a person's address could be taken for them.
  if (people.has(jid) || jid === own) return undefined;
  // Nor does it take the place of a room in clear, with what was said there.
  if (isPlainRoom(jid)) {
    logOf("app").warn("{from} invites to a group in {jid}, a room in clear", { from, jid });
    return undefined;
  }
  // The same group in another room is no other group, and its keys are not this one's.
  if (stored.twin({ id, jid }) !== undefined) return undefined;
  const known = stored.get(jid);
  if (known?.state === "joined") return invitedAgain(known, from, found, specification, around);
  if (known !== undefined && !isOpen(known, jid, from, around)) return undefined;
  if (stored.all().filter(({ state }) => state === "invited").length >= MOST) return undefined;
  return {
    jid,
    id,
    state: "invited",
    at: Date.now(),
    specification: found.specification,
    invitation: {
      from,
      reason: found.reason,
      mediated: false,
      at: Date.now(),
      later: known?.invitation?.later ?? false,
      ...found.role === undefined ? {} : { role: found.role },
    },
    problem: null,
    admitted: [],
    refused: {},
  };
}

/**
 * One who was put out of a group is invited to it again. It stays the group it was, with the key
 * server that is pinned: an invitation to another one in its place is passed over.
 */
function invitedAgain(
  known: StoredGroup,
  from: string,
  { reason, role }: NonNullable<ReturnType<typeof invitationOf>>,
  { group, keyServer }: Specification,
  { isOut }: Around,
): StoredGroup | undefined {
  const pinned = parseSpecification(known.specification);
  const same = known.id === group && pinned.keyServer.jid === keyServer.jid &&
    equal(pinned.keyServer.key, keyServer.key);
  const other = known.invitation !== null && known.invitation.from !== from;
  if (!same || other || !isOut(known.jid)) return undefined;
  const later = known.invitation?.later ?? false;
  const given = role === undefined ? {} : { role };
  const invitation = { from, reason, mediated: false, at: Date.now(), later, ...given };
  return { ...known, invitation };
}

/** May an invitation take the place of what is known? One we are in stays what it is. */
function isOpen(known: StoredGroup, jid: string, from: string, around: Around): boolean {
  if (known.jid !== jid) return false;
  if (known.state === "declined") {
    return isAccepted(from, around) || Date.now() - known.at >= DECLINED_FOR;
  }
  return known.state !== "invited" || known.invitation?.from === from;
}

/** Did the person let them in, or compare keys? Who did may have declined by mistake; others nag. */
function isAccepted(jid: string, { people, isVerified }: Around): boolean {
  return isVerified(jid) || ACCEPTED.includes(people.get(jid).subscription);
}
