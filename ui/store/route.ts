/** Which chat is open, kept in the address so that Back and reload work: `#/chat/JID`. */
import { signal } from "@preact/signals";

const PREFIX = "#/chat/";

function read(): string | null {
  if (!location.hash.startsWith(PREFIX)) return null;
  try {
    return decodeURIComponent(location.hash.slice(PREFIX.length));
  } catch {
    return null; // a malformed escape typed by hand
  }
}

/** JID of the chat that is open. */
export const selected = signal<string | null>(null);

export function openChat(jid: string): void {
  location.hash = PREFIX + encodeURIComponent(jid);
  selected.value = jid;
}

/** Back to the list. */
export function closeChat(): void {
  history.replaceState(null, "", location.pathname + location.search);
  selected.value = null;
}

/** Follows the address from now on. */
export function followRoute(): void {
  selected.value = read();
  addEventListener("hashchange", () => selected.value = read());
}
