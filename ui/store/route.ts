/**
 * Which chat or room is open, kept in the address so that Back and reload work: `#/chat/JID`,
 * `#/room/JID`. Never both.
 */
import { signal } from "@preact/signals";

const CHAT = "#/chat/";
const ROOM = "#/room/";

function read(prefix: string): string | null {
  if (!location.hash.startsWith(prefix)) return null;
  try {
    return decodeURIComponent(location.hash.slice(prefix.length));
  } catch {
    return null; // a malformed escape typed by hand
  }
}

/** JID of the chat that is open. */
export const selected = signal<string | null>(null);

/** Address of the room that is open. */
export const selectedRoom = signal<string | null>(null);

function follow(): void {
  selected.value = read(CHAT);
  selectedRoom.value = read(ROOM);
}

export function openChat(jid: string): void {
  location.hash = CHAT + encodeURIComponent(jid);
  follow();
}

export function openRoom(jid: string): void {
  location.hash = ROOM + encodeURIComponent(jid);
  follow();
}

/** Back to the list. */
export function closeChat(): void {
  history.replaceState(null, "", location.pathname + location.search);
  selected.value = selectedRoom.value = null;
}

/** Follows the address from now on. */
export function followRoute(): void {
  follow();
  addEventListener("hashchange", follow);
}
