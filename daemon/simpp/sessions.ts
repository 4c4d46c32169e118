import { toHex } from "../base/mod.ts";
import type { KeyMaterial } from "../store/mod.ts";
import type { Session } from "./session.ts";
import { restoreSession, storeSession } from "./session_state.ts";

/** Sessions kept for one device of a contact. */
const MAX_SESSIONS = 4;

/** The sessions with every device of every contact, and which one of each is in use. */
export class Sessions {
  readonly #keys: KeyMaterial;
  readonly #now: () => number;

  constructor(keys: KeyMaterial, now: () => number) {
    this.#keys = keys;
    this.#now = now;
  }

  /** All with one device, newest first. */
  of(jid: string, device: string): Session[] {
    return this.#keys.sessions(jid, device).map(({ state }) => restoreSession(state));
  }

  /** The one to send on. */
  active(jid: string, device: string): Session | undefined {
    const found = this.#keys.sessions(jid, device).find(({ active }) => active);
    return found === undefined ? undefined : restoreSession(found.state);
  }

  store(jid: string, device: string, session: Session, active: boolean): void {
    const stored = {
      session: nameOf(session),
      jid,
      device,
      active,
      state: storeSession(session),
    };
    this.#keys.putSession(stored, this.#now(), MAX_SESSIONS);
  }

  /**
   * Stores a session that was received on, and decides which one is sent on: of two openings that
   * crossed, the one with the lower name, on both sides; otherwise a new opening supersedes.
   */
  received(jid: string, device: string, session: Session, isNew: boolean): void {
    const current = this.active(jid, device);
    const name = nameOf(session);
    const isCurrent = current !== undefined && nameOf(current) === name;
    const crossed = current?.role === "initiator" && current.phase === "opened";
    const wins = isCurrent || (isNew && (!crossed || name < nameOf(current)));
    this.store(jid, device, session, wins || current === undefined);
  }
}

/** A session's name: its opening's hash, hex. */
export function nameOf(session: Session): string {
  return toHex(session.transcript.opening.session);
}
