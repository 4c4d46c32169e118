/** Contacts by JID, and the list as it is shown. */
import { computed, signal } from "@preact/signals";
import type { ContactView } from "../api/views.ts";
import { online } from "./session.ts";

export const contacts = signal<ReadonlyMap<string, ContactView>>(new Map());
export const search = signal("");

export function putContact(contact: ContactView): void {
  contacts.value = new Map(contacts.value).set(contact.jid, contact);
}

export function dropContact(jid: string): void {
  const left = new Map(contacts.value);
  left.delete(jid);
  contacts.value = left;
}

/** The name to show: the one given, else the JID. */
export function nameOf(contact: { jid: string; name: string }): string {
  return contact.name.trim() === "" ? contact.jid : contact.name;
}

/** unknown: nothing is heard of anybody now. */
export type ShownPresence = ContactView["presence"] | "unknown";

/** A contact's presence as it may be shown: what was heard last says nothing while we are offline. */
export function presenceOf(contact: { presence: ContactView["presence"] }): ShownPresence {
  return online.value ? contact.presence : "unknown";
}

/** The name of a contact we may not have. */
export function nameOfJid(jid: string): string {
  const contact = contacts.value.get(jid);
  return contact === undefined ? jid : nameOf(contact);
}

/** A sentence of the daemon's, with the names that the page shows in the place of addresses. */
export function withNames(sentence: string): string {
  const named = [...contacts.value.values()]
    .filter(({ jid, name }) => name.trim() !== "" && sentence.includes(jid))
    .sort((a, b) => b.jid.length - a.jid.length);
  return named.reduce((text, { jid, name }) => text.replaceAll(jid, () => name.trim()), sentence);
}

const PRESENCE_ORDER = { online: 0, away: 1, dnd: 2, offline: 3 } as const;

/** Newest conversation first; those never spoken to by presence, then by name. */
export function byRecency(a: ContactView, b: ContactView): number {
  const newest = (b.last?.at ?? 0) - (a.last?.at ?? 0);
  if (newest !== 0) return newest;
  const presence = PRESENCE_ORDER[a.presence] - PRESENCE_ORDER[b.presence];
  return presence !== 0 ? presence : nameOf(a).localeCompare(nameOf(b));
}

/** Whether a contact is meant by what was typed into the search field. */
export function matches(contact: ContactView, query: string): boolean {
  const wanted = query.trim().toLocaleLowerCase();
  return wanted === "" || contact.jid.toLocaleLowerCase().includes(wanted) ||
    contact.name.toLocaleLowerCase().includes(wanted);
}

/** Those who ask to be let in, always shown. */
export const requests = computed(() =>
  [...contacts.value.values()].filter((c) => c.subscription === "asked" && !c.blocked)
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b)))
);

/** Everybody else who fits the search. */
export const people = computed(() =>
  [...contacts.value.values()]
    .filter((c) => (c.subscription !== "asked" || c.blocked) && matches(c, search.value))
    .sort(byRecency)
);

export const unreadTotal = computed(() => {
  let total = 0;
  for (const contact of contacts.value.values()) total += contact.unread;
  return total;
});
