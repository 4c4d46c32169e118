import { type Bytes, SimppdError, toHex } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import type { ProvedDevice } from "./channels.ts";
import { type GroupState, isOwner, MAX_KNOWN, type Person } from "./group_state.ts";
import { memberIdOf } from "./roster.ts";
import type { Specification } from "./specification.ts";
import {
  ANY_GROUP,
  isTicketOf,
  MAX_TICKET,
  readTicket,
  registrarIdOf,
  type Ticket,
} from "./ticket.ts";

/** What clocks of registrar and key server may differ by, in ms. */
const SKEW = 5 * 60_000;

/** A request that is answered `refused`; nothing was changed. */
export function refused(code: string, message: string): SimppdError {
  return new SimppdError(code, message);
}

/**
 * The person behind a device, if they may be in the group: as an owner, by an owner's or admin's
 * act, or by the access list. The account key is pinned once they join. An owner's role is the
 * specification's and stands in no person.
 * @throws SimppdError why not, for the answer
 */
export function admitted(state: GroupState, from: ProvedDevice): Person {
  const { specification } = state;
  const { jid, accountKey } = from;
  if (state.banned.has(jid) || state.banned.has(memberIdOf(jid, from.device))) {
    throw refused(
      "expelled",
      "You were expelled from this group. An owner or admin can admit you.",
    );
  }
  if (isOwner(specification, jid, accountKey)) {
    return { role: "member", account: accountKey, admission: null, by: "" };
  }
  const key = toHex(accountKey);
  for (const [subject, { account }] of state.banned) {
    if (account !== key) continue;
    throw refused(
      "expelled",
      `Your account was expelled from this group as ${subject}. An owner or admin can admit that ` +
        "address again.",
    );
  }
  if (specification.owners.some((owner) => owner.jid === jid)) {
    throw refused(
      "other-keys",
      "The group's specification names other keys for this owner. An owner must write a new one.",
    );
  }
  const known = state.persons.get(jid);
  if (known !== undefined) {
    if (known.account !== null && !equal(known.account, accountKey)) {
      throw refused(
        "other-keys",
        "Your keys are others than those you were in this group with. An owner or admin must expel " +
          "and admit you again.",
      );
    }
    return { ...known, account: accountKey };
  }
  if (!isListed(specification, from)) {
    throw refused("not-admitted", "You are not admitted to this group; ask an owner or admin.");
  }
  if (state.persons.size >= MAX_KNOWN) throw full();
  return { role: "member", account: accountKey, admission: null, by: "" };
}

/**
 * The group with room for one person more: who came by the access list, has no device in it and
 * nothing that an owner or admin gave them, is forgotten first, the one who came first.
 * @param staying bare JIDs of those who are about to be in
 */
export function withRoom(state: GroupState, staying: readonly string[] = []): GroupState {
  if (state.persons.size < MAX_KNOWN) return state;
  const inside = new Set([...state.roster.map(({ jid }) => jid), ...staying]);
  for (const [jid, { role, admission }] of state.persons) {
    if (role !== "member" || admission !== null || inside.has(jid)) continue;
    const persons = new Map(state.persons);
    persons.delete(jid);
    return { ...state, persons };
  }
  return state;
}

/** Does the access list let in whoever has this bare JID, whatever their keys? */
export function isListedAddress({ access }: Specification, jid: string): boolean {
  const [, domain] = jid.split("@");
  return access.some((entry) =>
    (entry.kind === "jid" && entry.jid === jid) ||
    (entry.kind === "domain" && entry.domain === domain)
  );
}

function isListed(specification: Specification, { jid, accountKey }: ProvedDevice): boolean {
  const fingerprint = fingerprintOf(accountKey);
  return isListedAddress(specification, jid) ||
    specification.access.some((entry) =>
      entry.kind === "account" && entry.fingerprint === fingerprint
    );
}

/**
 * Checks a registrar's word about a device, where the specification names registrars.
 * @param now ms since 1970
 * @returns the ticket, whose nonce is to be used up; null where none is needed
 * @throws SimppdError `no-ticket`, `bad-ticket`, `ticket-expired`
 */
export function checkTicket(
  { registrars, group }: Specification,
  encoded: Bytes,
  from: ProvedDevice,
  now: number,
): Ticket | null {
  if (registrars.length === 0) return null;
  if (encoded.length === 0) {
    const names = registrars.map(({ name, address }) => `${name} (${address})`).join(", ");
    throw refused("no-ticket", `This group wants a ticket of a registrar: ${names}.`);
  }
  if (encoded.length > MAX_TICKET) throw badTicket();
  const ticket = readTicket(encoded);
  const registrar = registrars.find(({ key }) => registrarIdOf(key) === ticket.registrar);
  if (registrar === undefined || !isTicketOf(registrar.key, encoded)) throw badTicket();
  const same = ticket.jid === from.jid && equal(ticket.deviceKey, from.deviceKey) &&
    equal(ticket.accountKey, from.accountKey) && ticket.method === registrar.method;
  if (!same || (ticket.group !== group && ticket.group !== ANY_GROUP)) throw badTicket();
  if (ticket.expires < now - SKEW || ticket.issued > now + SKEW) {
    throw refused(
      "ticket-expired",
      "The registrar's ticket is not valid now; ask for a new one. If that is refused too, the " +
        "clocks of registrar and key server differ by more than five minutes.",
    );
  }
  return ticket;
}

/** Is this (by id, empty: none) a registrar that the group wants, as it is now, to hear of newcomers? */
export function isVouched({ registrars }: Specification, registrar: string): boolean {
  return registrars.length === 0 || registrars.some(({ key }) => registrarIdOf(key) === registrar);
}

function badTicket(): SimppdError {
  return refused(
    "bad-ticket",
    "The ticket is of no registrar of this group, or for another person, device or group.",
  );
}

/** No more can be taken in. */
export function full(): SimppdError {
  return refused("group-full", "The group has as many members as its key server takes.");
}
