import { logOf } from "../../../base/mod.ts";
import type { Session } from "../session.ts";

/** Sessions that their clients may come back to (XEP-0198 section 5). */
export class Resumptions {
  #byId = new Map<string, Session>();
  /** Those without a stream, and until when they wait, in milliseconds of the steady clock. */
  #waiting = new Map<Session, number>();
  readonly #expired: (session: Session) => void;

  /** @param expired ends a session whose client did not come back */
  constructor(expired: (session: Session) => void) {
    this.#expired = expired;
  }

  /** A session can be resumed from now on. */
  add(session: Session): void {
    this.#byId.set(session.management!.id!, session);
  }

  /** The session of `id`, only for the account it belongs to. */
  find(id: string, account: string): Session | undefined {
    const session = this.#byId.get(id);
    return session?.account === account ? session : undefined;
  }

  /** Its stream was lost. */
  wait(session: Session, now: number): void {
    this.#waiting.set(session, now + session.management!.resumeMs);
  }

  /** Its client came back. */
  came(session: Session): void {
    this.#waiting.delete(session);
  }

  /** The session of an account that waits longest, if one does. */
  oldest(account: string): Session | undefined {
    for (const session of this.#waiting.keys()) if (session.account === account) return session;
    return undefined;
  }

  /** All sessions without a stream. */
  get waiting(): Session[] {
    return [...this.#waiting.keys()];
  }

  /** The session is over. */
  remove(session: Session): void {
    this.#waiting.delete(session);
    const id = session.management?.id;
    if (id !== undefined) this.#byId.delete(id);
  }

  /** Ends what waited long enough, or can be resumed no more. */
  sweep(now: number): void {
    for (const [session, until] of this.#waiting) {
      if (now < until && session.management!.resumable) continue;
      logOf("xmpp-server").info("{jid} did not come back", { jid: session.jid.toString() });
      this.#expired(session);
    }
  }
}
