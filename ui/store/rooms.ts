/** Rooms by address, and the list as it is shown. */
import { computed, signal } from "@preact/signals";
import type { ContactView, RoomView } from "../api/views.ts";
import { contacts, nameOf, people, search } from "./contacts.ts";

export const rooms = signal<ReadonlyMap<string, RoomView>>(new Map());

/** Are the members of the open room shown? The same for all rooms. */
export const membersOpen = signal(false);

export function putRoom(room: RoomView): void {
  rooms.value = new Map(rooms.value).set(room.jid, room);
}

export function dropRoom(jid: string): void {
  const left = new Map(rooms.value);
  left.delete(jid);
  rooms.value = left;
}

/** The name to show: the room's, else its address. */
export function nameOfRoom(room: { jid: string; name: string }): string {
  return room.name.trim() === "" ? room.jid : room.name;
}

/** Invitations, those put aside last. */
export const invitations = computed(() =>
  [...rooms.value.values()].filter(({ state, encryption }) =>
    state === "invited" && encryption === "none"
  )
    .sort((a, b) => Number(a.invitation?.later) - Number(b.invitation?.later))
);

function matches(room: RoomView): boolean {
  const wanted = search.value.trim().toLocaleLowerCase();
  return nameOfRoom(room).toLocaleLowerCase().includes(wanted) ||
    room.jid.toLocaleLowerCase().includes(wanted);
}

/** One row of the list. */
export type Conversation = { kind: "contact"; contact: ContactView } | {
  kind: "room";
  room: RoomView;
};

const newest = (one: Conversation) =>
  (one.kind === "contact" ? one.contact.last : one.room.last)?.at ?? 0;

/** Contacts and rooms, newest first; contacts keep their order among themselves. */
export const conversationList = computed<readonly Conversation[]>(() => {
  const found = [...rooms.value.values()].filter((room) =>
    room.state !== "invited" && matches(room)
  );
  const all: Conversation[] = [
    ...people.value.map((contact) => ({ kind: "contact" as const, contact })),
    ...found.map((room) => ({ kind: "room" as const, room })),
  ];
  return all.sort((a, b) => newest(b) - newest(a));
});

export const roomUnreadTotal = computed(() => {
  let total = 0;
  for (const room of rooms.value.values()) total += room.unread;
  return total;
});

/**
 * The contact whom a nick in a room could be taken for although it is not theirs, as far as can be
 * known.
 */
export function falseFriend(nick: string, jid: string | null): ContactView | undefined {
  if (nick === "") return undefined;
  const plain = foldName(nick);
  for (const contact of contacts.value.values()) {
    if (contact.jid !== jid && [nameOf(contact), contact.jid].some((n) => foldName(n) === plain)) {
      return contact;
    }
  }
  return undefined;
}

/** As the eye takes it: without what is not seen, in one case. */
function foldName(name: string): string {
  return name.normalize("NFKC").replace(/[\p{C}\p{Z}]/gu, "").toLocaleLowerCase();
}

/** May we put this one out of the room, as the room sees us and them? */
export function mayRemove(
  room: RoomView,
  member: { self: boolean; affiliation: RoomView["affiliation"] },
): boolean {
  if (member.self || room.state !== "in") return false;
  const rank = { owner: 3, admin: 2, member: 1, none: 0, outcast: 0 };
  if (room.affiliation === "owner") return true;
  return room.role === "moderator" &&
    rank[member.affiliation] < Math.max(1, rank[room.affiliation]);
}
