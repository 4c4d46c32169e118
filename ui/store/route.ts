/**
 * Which chat or room is open, kept in the address so that Back and reload work: `#/chat/JID`,
 * `#/room/JID`. Never both. `#kiosk` is the stage alone, for a wall.
 */
import { signal } from "@preact/signals";

const CHAT = "#/chat/";
const ROOM = "#/room/";
/** The stage alone. */
export const KIOSK = "#kiosk";

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

/** The stage is open in the place of the chat: a file was shown, or the person opened it. */
export const stageOpen = signal<"by-itself" | "by-person" | null>(null);

/** Is this page the stage alone, for a wall or a tablet? */
export const kiosk = signal(false);

function follow(): void {
  kiosk.value = location.hash === KIOSK;
  selected.value = read(CHAT);
  selectedRoom.value = read(ROOM);
}

export function openChat(jid: string): void {
  location.hash = CHAT + encodeURIComponent(jid);
  stageOpen.value = null;
  follow();
}

export function openRoom(jid: string): void {
  location.hash = ROOM + encodeURIComponent(jid);
  stageOpen.value = null;
  follow();
}

/** The stage alone, and back. */
export function setKiosk(on: boolean): void {
  location.hash = on ? KIOSK : "#/";
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
