import { toHex } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import type { KeyMaterial } from "../store/mod.ts";
import type { Session } from "./session.ts";
import { restoreSession, storeSession } from "./session_state.ts";

/** Sessions kept for one device of a contact. */
const MAX_SESSIONS = 4;
/** Sessions kept open beside their rows: a message to a hundred devices opens none of them again. */
const MAX_OPEN = 256;

/** A session, and whether it is the one to send on. */
export interface KnownSession {
  readonly session: Session;
  readonly active: boolean;
}

/** The sessions with every device of every contact, and which one of each is in use. */
export class Sessions {
  readonly #keys: KeyMaterial;
  readonly #now: () => number;
  /** By row, the last used one last. Good only while the row holds these very bytes. */
  readonly #open = new Map<string, { sealed: Uint8Array; session: Session }>();

  constructor(keys: KeyMaterial, now: () => number) {
    this.#keys = keys;
    this.#now = now;
  }

  /** All with one device, newest first. */
  of(jid: string, device: string): KnownSession[] {
    return this.#keys.sessions(jid, device).map(({ state, active }) => ({
      session: restoreSession(state),
      active,
    }));
  }

  /** The one to send on. */
  active(jid: string, device: string): Session | undefined {
    const row = this.#keys.activeSession(jid, device);
    if (row === undefined) return undefined;
    const open = this.#open.get(placeOf(jid, device, row.session));
    if (open !== undefined && equal(open.sealed, row.sealed)) return open.session;
    const stored = this.#keys.openSession(row);
    return stored === undefined ? undefined : restoreSession(stored.state);
  }

  store(jid: string, device: string, session: Session, active: boolean): void {
    const name = nameOf(session);
    const stored = { session: name, jid, device, active, state: storeSession(session) };
    const sealed = this.#keys.putSession(stored, this.#now(), MAX_SESSIONS);
    const place = placeOf(jid, device, name);
    this.#open.delete(place);
    this.#open.set(place, { sealed, session });
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MAX_OPEN) break;
      this.#open.delete(oldest);
    }
  }

  /** Drops from memory what is kept open; their rows are the store's to drop. */
  closeAll(): void {
    this.#open.clear();
  }

  /** Stores a session that was received on; `before` are the device's as {@link of} gave them. */
  received(
    jid: string,
    device: string,
    before: readonly KnownSession[],
    session: Session,
  ): void {
    this.store(jid, device, session, takesOver(before, session));
  }
}

/**
 * Is `session`, which was just received on, the one to send on? A new one always: who opened it has
 * it, which is not sure of any other. Of two openings that crossed, each side so takes the other's
 * first, and both settle on the one with the lower name as soon as they hear that both have both. A
 * session in whose place another one was proved to both sides never comes back: who learns the keys
 * of an old state must not be able to call anybody back to it.
 */
export function takesOver(before: readonly KnownSession[], session: Session): boolean {
  const name = nameOf(session);
  const current = before.find(({ active }) => active)?.session;
  const old = before.find((each) => nameOf(each.session) === name)?.session;
  if (current === undefined || old === undefined || nameOf(current) === name) return true;
  const answered = old.phase === "opened" && session.phase === "mutual";
  return name < nameOf(current) && (answered || current.phase !== "mutual");
}

/** A session's name: its opening's hash, hex. */
export function nameOf(session: Session): string {
  return toHex(session.transcript.opening.session);
}

function placeOf(jid: string, device: string, session: string): string {
  return `${jid}/${device}/${session}`;
}
