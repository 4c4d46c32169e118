import type { Jid } from "../core/mod.ts";
import type { Session } from "./session.ts";

/** The bound resources of all accounts. */
export class Sessions {
  #byAccount = new Map<string, Map<string, Session>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(session: Session): void {
    let resources = this.#byAccount.get(session.account);
    if (resources === undefined) this.#byAccount.set(session.account, resources = new Map());
    resources.set(session.jid.resource, session);
    this.#count++;
  }

  remove(session: Session): void {
    const resources = this.#byAccount.get(session.account);
    if (resources?.get(session.jid.resource) !== session) return;
    resources.delete(session.jid.resource);
    this.#count--;
    if (resources.size === 0) this.#byAccount.delete(session.account);
  }

  /** All bound resources of an account, by its local part. */
  of(account: string): Session[] {
    return [...this.#byAccount.get(account)?.values() ?? []];
  }

  /** Those that have sent available presence. */
  available(account: string): Session[] {
    return this.of(account).filter((session) => session.presence !== undefined);
  }

  get(jid: Jid): Session | undefined {
    return this.#byAccount.get(jid.local)?.get(jid.resource);
  }
}
