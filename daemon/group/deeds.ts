import { type Bytes, SimppdError, toHex } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { readAction, type SignedAction } from "./action.ts";
import { isListedAddress, refused, withRoom } from "./admission.ts";
import type { ProvedDevice } from "./channels.ts";
import { namesOf, negotiate, withoutCommon } from "./data_suites.ts";
import type { Reason } from "./epoch_statement.ts";
import type { GroupMember } from "./group_keys.ts";
import { type GroupState, isOwner, MAX_KNOWN, type Person, roleOf } from "./group_state.ts";
import { isBareJid } from "./roster.ts";
import { isSameKeyServer, parseSpecification } from "./spec_text.ts";
import type { Role } from "./specification.ts";

/** Bans up to which admins add to them: the rest is the owners', who may have to expel admins. */
const MAX_BANNED_BY_ADMINS = MAX_KNOWN / 2;
/** Those of one admin: who bans without end leaves the other admins theirs. */
const MAX_BANNED_BY_ONE = MAX_BANNED_BY_ADMINS / 8;

/** People whom one admin let in and who have not come yet. */
const MAX_ADMITTED_BY_ONE = 256;
/** Addresses of persons and the actions that let them in, in bytes: each change writes them anew. */
const MAX_ADMISSIONS = 1_048_576;

/** What a deed leads to: the group after it, and who is taken out of it. */
export interface DeedDone {
  readonly state: GroupState;
  /** Member ids. */
  readonly expelled: readonly string[];
  /** Why a new epoch begins; none: it need not. */
  readonly reasons: readonly Reason[];
}

/** Who acts, and as what. */
interface Author {
  /** Bare JID. */
  readonly jid: string;
  readonly role: Role;
}

/**
 * Does what an owner or admin signed.
 * @param from the device that brought the action, which must be its author
 * @returns null when this action was taken before
 * @throws SimppdError why it is refused
 */
export function takeAction(
  state: GroupState,
  from: ProvedDevice,
  action: SignedAction,
): DeedDone | null {
  requireAuthor(state, from, action);
  if (isOfOwn(state, from, action)) return takeOutOwn(state, action);
  const author = authorOf(state, from);
  const device = toHex(from.deviceKey);
  const last = state.actions.get(device);
  if (last !== undefined && action.number <= last.number) {
    if (action.number === last.number && equal(last.hash, action.hash)) return null;
    throw refused("old-action", "This action was taken before, or a newer one was; sign it anew.");
  }
  if (last === undefined && action.epoch < state.actionsSince) {
    throw refused(
      "old-action",
      "What was done when this was signed is not known any more; sign it anew.",
    );
  }
  return dispatch(withAction(state, device, action), author, action);
}

/** Remembers an act; those of devices that are out make room, and what they signed is over. */
function withAction(state: GroupState, device: string, { number, hash }: SignedAction): GroupState {
  const full = state.actions.size >= MAX_KNOWN && !state.actions.has(device);
  if (!full) return { ...state, actions: new Map(state.actions).set(device, { number, hash }) };
  const inside = new Set(state.roster.map(({ deviceKey }) => toHex(deviceKey)));
  const kept = [...state.actions].filter(([each]) => inside.has(each));
  const actions = new Map(kept).set(device, { number, hash });
  return { ...state, actions, actionsSince: state.epoch };
}

/**
 * What a device that leaves signed, to be passed on; null where it is nothing that proves it. To
 * leave one need not prove anything but who one is.
 */
export function signedLeave(state: GroupState, from: ProvedDevice, encoded: Bytes): Bytes | null {
  try {
    const action = readAction(encoded);
    requireAuthor(state, from, action);
    return action.deed.kind === "leave" ? encoded : null;
  } catch (error) {
    if (error instanceof SimppdError) return null;
    throw error;
  }
}

/** @throws SimppdError `wrong-author`, `other-incarnation` */
function requireAuthor(state: GroupState, from: ProvedDevice, action: SignedAction): void {
  if (action.jid !== from.jid || !equal(action.deviceKey, from.deviceKey)) {
    throw refused("wrong-author", "An action is to be brought by the device that signed it.");
  }
  if (action.group !== state.specification.group || action.incarnation !== state.incarnation) {
    throw refused(
      "other-incarnation",
      "The action is for another group, or for this one before its key server was restored; sign " +
        "it anew.",
    );
  }
  if (action.epoch > state.epoch) {
    throw refused("other-incarnation", "The action is of an epoch that this group never had.");
  }
}

/**
 * Who acts is in with this very device: members hold an act against the list that they have.
 * @throws SimppdError `not-a-member`, `not-allowed`
 */
function authorOf(state: GroupState, from: ProvedDevice): Author {
  const role = roleOf(state, from.jid, from.accountKey);
  const pinned = state.persons.get(from.jid)?.account;
  const proved = isOwner(state.specification, from.jid, from.accountKey) ||
    (role === "admin" && pinned !== undefined && pinned !== null && equal(pinned, from.accountKey));
  const banned = state.banned.has(from.jid) || state.banned.has(`${from.jid}/${from.device}`);
  if (!proved || banned) throw notAllowed("an owner or admin");
  if (!state.roster.some((member) => isDevice(member, from))) {
    throw refused("not-a-member", "This device is not in the group; join with it first.");
  }
  return { jid: from.jid, role: role! };
}

/** Is it this person's very device that is in? */
function isDevice(member: GroupMember, { jid, accountKey, deviceKey }: ProvedDevice): boolean {
  return member.jid === jid && equal(member.accountKey, accountKey) &&
    equal(member.deviceKey, deviceKey);
}

/** Is it about another device of who acts? For that one need be nobody's admin; owners may anyhow. */
function isOfOwn(state: GroupState, from: ProvedDevice, { deed }: SignedAction): boolean {
  if (deed.kind !== "expel" || !deed.subject.startsWith(`${from.jid}/`)) return false;
  if (roleOf(state, from.jid, from.accountKey) === "owner") return false;
  const { roster } = state;
  const same = (device: GroupMember) =>
    device.jid === from.jid && equal(device.accountKey, from.accountKey);
  const other = roster.find(({ id }) => id === deed.subject);
  return roster.some((each) => isDevice(each, from)) &&
    (other === undefined || (same(other) && !equal(other.deviceKey, from.deviceKey)));
}

/**
 * Takes a leaf out. Nothing is remembered of it, neither the action nor a ban: somebody who makes
 * devices without end is not to fill what is kept for expulsions.
 */
function takeOutOwn(state: GroupState, { deed, hash }: SignedAction): DeedDone | null {
  const subject = deed.kind === "expel" ? deed.subject : "";
  if (state.roster.every(({ id }) => id !== subject)) return null;
  return { state, expelled: [subject], reasons: [{ kind: "expelled", subject, action: hash }] };
}

function dispatch(state: GroupState, author: Author, action: SignedAction): DeedDone {
  const { deed } = action;
  switch (deed.kind) {
    case "admit":
      return admit(state, author, action, bareOf(deed.subject), deed.role);
    case "expel":
      return expel(state, author, action, deed.subject);
    case "role":
      return giveRole(state, author, action, bareOf(deed.subject), deed.role);
    case "respecify":
      return respecify(state, author, action, deed.text);
    case "close":
      if (author.role !== "owner") throw notAllowed("an owner");
      return {
        state: { ...state, closed: true },
        expelled: [],
        reasons: [{ kind: "closed", subject: "", action: action.hash }],
      };
    case "leave":
      throw refused("bad-request", "A device leaves by asking to.");
  }
}

function admit(
  state: GroupState,
  author: Author,
  action: SignedAction,
  jid: string,
  role: Role,
): DeedDone {
  requireMayGive(state, author, jid, role);
  if ((state.banned.get(jid)?.epoch ?? 0) > action.epoch) {
    throw refused("old-action", `${jid} was expelled after this was signed; sign it anew.`);
  }
  const known = state.persons.get(jid);
  const roomy = known === undefined ? withRoom(state) : state;
  if (known === undefined && roomy.persons.size >= MAX_KNOWN) {
    throw refused("too-many", "The group knows as many people as its key server takes.");
  }
  const by = author.role === "owner" ? "" : author.jid;
  const person = { role, account: known?.account ?? null, admission: action.encoded, by };
  const theirs = [...roomy.persons].filter(([other, each]) =>
    other !== jid && each.by === by && each.account === null
  );
  if (by !== "" && person.account === null && theirs.length >= MAX_ADMITTED_BY_ONE) {
    throw refused(
      "too-many",
      "You let in as many as an admin can who have not come; ask an owner.",
    );
  }
  requireRoomForAdmission(roomy.persons, jid, action);
  const persons = new Map(roomy.persons).set(jid, person);
  if (role !== "admin") dropPending(persons, jid);
  const after = {
    ...state,
    persons,
    banned: without(state.banned, [jid]),
  };
  return { state: after, expelled: [], reasons: roleReason(state, after, jid, action) };
}

/** What lets people in is kept with them, and travels each time they come. */
function requireRoomForAdmission(
  persons: GroupState["persons"],
  jid: string,
  { encoded }: SignedAction,
): void {
  let size = jid.length + encoded.length;
  for (const [other, { admission }] of persons) {
    if (other !== jid) size += other.length + (admission?.length ?? 0);
  }
  if (size > MAX_ADMISSIONS) {
    throw refused("too-many", "The group keeps as many admissions as its key server takes.");
  }
}

/** Bans without those of some people and their devices. */
function without(banned: GroupState["banned"], people: readonly string[]): GroupState["banned"] {
  return new Map([...banned].filter(([each]) => !people.includes(each.split("/")[0]!)));
}

function expel(
  state: GroupState,
  author: Author,
  action: SignedAction,
  subject: string,
): DeedDone {
  const [jid = "", device] = subject.split("/");
  if (!isBareJid(jid) || (device !== undefined && subject !== `${jid}/${device}`)) bareOf(subject);
  const affected = state.roster.filter((member) => member.id === subject || member.jid === subject);
  const roles = [...affected.map(({ role }) => role), state.persons.get(jid)?.role];
  const owner = state.specification.owners.some((each) => each.jid === jid);
  if (owner && jid === subject) {
    throw refused(
      "is-owner",
      `${jid} is an owner by the group's specification, and cannot be expelled.`,
    );
  }
  if (author.role !== "owner" && (owner || roles.includes("admin"))) throw notAllowed("an owner");
  const known = affected.length > 0 ||
    (device === undefined
      ? state.persons.has(jid) || isListedAddress(state.specification, jid)
      : author.role === "owner" && state.persons.has(jid) && /^[0-9a-f]{16}$/.test(device));
  if (!known) throw refused("no-such-member", `${subject} is not in this group.`);
  const persons = new Map(state.persons);
  // Who is banned is so with every device, and lets nobody in any more.
  if (jid === subject) {
    persons.delete(jid);
    dropPending(persons, jid);
  }
  const others = jid === subject ? without(state.banned, [jid]) : state.banned;
  // An epoch begins also where nobody goes: what was signed before it did not know of it.
  const begins = state.roster.length > 0;
  const epoch = state.epoch + (begins ? 1 : 0);
  const by = author.role === "owner" ? "" : author.jid;
  const key = jid === subject ? state.persons.get(jid)?.account ?? affected[0]?.accountKey : null;
  const banned = new Map(others).set(subject, { epoch, by, account: key ? toHex(key) : "" });
  requireRoomForBan(state.banned, banned, by);
  const gone = affected.map(({ id }) => id);
  const meant = gone.length > 0 ? gone : begins ? [subject] : [];
  return {
    state: { ...state, persons, banned },
    expelled: gone,
    reasons: meant.map((each) => ({ kind: "expelled", subject: each, action: action.hash })),
  };
}

/** What an admin signed counts for as long as they are one: whom they let in, and who came, stays. */
function dropPending(persons: Map<string, Person>, admin: string): void {
  for (const [jid, { by, account }] of persons) {
    if (by === admin && account === null) persons.delete(jid);
  }
}

/** Bans are kept: each admin has a share, admins together another, and owners the rest. */
function requireRoomForBan(
  before: GroupState["banned"],
  after: GroupState["banned"],
  by: string,
): void {
  const most = by === "" ? MAX_KNOWN : MAX_BANNED_BY_ADMINS;
  if (after.size > Math.max(most, before.size)) {
    throw refused("too-many", "The group has expelled as many as its key server remembers.");
  }
  const theirs = [...after.values()].filter((ban) => ban.by === by).length;
  if (by !== "" && after.size > before.size && theirs > MAX_BANNED_BY_ONE) {
    throw refused("too-many", "You have expelled as many as an admin can; ask an owner.");
  }
}

function giveRole(
  state: GroupState,
  author: Author,
  action: SignedAction,
  jid: string,
  role: Role,
): DeedDone {
  if (author.role !== "owner") throw notAllowed("an owner");
  requireMayGive(state, author, jid, role);
  const known = state.persons.get(jid);
  if (known === undefined) throw refused("no-such-member", `${jid} is not in this group.`);
  requireRoomForAdmission(state.persons, jid, action);
  // Members ask for it when this person goes and comes again as that.
  const person = { ...known, role, admission: action.encoded, by: "" };
  const persons = new Map(state.persons).set(jid, person);
  if (role !== "admin") dropPending(persons, jid);
  const after = { ...state, persons };
  return { state: after, expelled: [], reasons: roleReason(state, after, jid, action) };
}

function respecify(
  state: GroupState,
  author: Author,
  action: SignedAction,
  text: string,
): DeedDone {
  if (author.role !== "owner") throw notAllowed("an owner");
  const [before, after] = [state.specification, parseSpecification(text)];
  const fixed = (["group", "room", "degree", "shape"] as const).find((field) =>
    before[field] !== after[field]
  );
  if (fixed !== undefined || !isSameKeyServer(before.keyServer, after.keyServer)) {
    throw refused(
      "cannot-change",
      `The group's ${fixed ?? "key server"} cannot be changed; make a new group for that.`,
    );
  }
  if (negotiate(after.suites, [...state.policies.values()]) === undefined) {
    const unable = withoutCommon(after.suites, [...state.policies]);
    throw refused(
      "no-common-suite",
      unable.length === 0
        ? "The members have none of the suites of the new specification in common."
        : `${namesOf(unable)} allow none of the suites of the new specification.`,
    );
  }
  // To name somebody an owner is to let them in.
  const named = after.owners.filter(({ jid, fingerprint }) =>
    !before.owners.some((owner) => owner.jid === jid && owner.fingerprint === fingerprint)
  );
  const banned = without(state.banned, named.map(({ jid }) => jid));
  // What they were before is over: who is an owner no more is a member.
  const persons = new Map(state.persons);
  for (const { jid } of named) {
    const known = persons.get(jid);
    if (known !== undefined) persons.set(jid, { ...known, role: "member", admission: null });
  }
  return {
    state: { ...state, specification: after, persons, banned },
    expelled: [],
    reasons: [{ kind: "respecified", subject: "", action: action.hash }],
  };
}

/** A new epoch is made when somebody who is in has another role now. */
function roleReason(
  before: GroupState,
  after: GroupState,
  jid: string,
  action: SignedAction,
): Reason[] {
  const changed = before.roster.some((member) =>
    member.jid === jid && roleIn(after, member.jid, member.accountKey) !== member.role
  );
  return changed ? [{ kind: "role", subject: jid, action: action.hash }] : [];
}

/** The role of somebody who is in. */
export function roleIn(
  state: GroupState,
  jid: string,
  accountKey: ProvedDevice["accountKey"],
): Role {
  return roleOf(state, jid, accountKey) ?? "member";
}

function requireMayGive(
  state: GroupState,
  author: Author,
  jid: string,
  role: Role,
): asserts role is Person["role"] {
  if (role === "owner" || state.specification.owners.some((owner) => owner.jid === jid)) {
    throw refused(
      "is-owner",
      "Owners are those whom the group's specification names; make somebody an admin instead.",
    );
  }
  const admin = role === "admin" || state.persons.get(jid)?.role === "admin";
  if (admin && author.role !== "owner") throw notAllowed("an owner");
}

function bareOf(subject: string): string {
  if (!isBareJid(subject)) {
    throw refused("bad-subject", `"${subject}" is no address of a person here.`);
  }
  return subject;
}

function notAllowed(who: string) {
  return refused("not-allowed", `Only ${who} of the group may do this.`);
}
