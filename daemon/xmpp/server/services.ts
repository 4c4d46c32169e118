import type { Element, Jid } from "../core/mod.ts";
import type { Session } from "./session.ts";

/**
 * Something with a domain of its own beside the server's: the rooms, the uploads, a component. It
 * speaks through {@link Host.deliver}.
 */
export interface Service {
  /** For service discovery (XEP-0030 section 4). */
  readonly name: string;
  /**
   * Takes a stanza whose `from` is true and whose `to` is an address of its domain; what needs time
   * is answered later, through {@link Host.deliver}.
   * @param session whose it is; undefined when another service sent it
   * @throws StanzaError to answer with an error
   */
  receive(
    stanza: Element,
    from: Jid,
    to: Jid,
    session: Session | undefined,
  ): void;
  /** Makes who is behind it pay for work it caused, in bytes of its rate. */
  charge?(bytes: number): void;
}

/** The services by their domains. */
export class Services {
  #byDomain = new Map<string, Service>();

  /** @returns takes it away again. A domain has one service: the newer one takes the place. */
  add(domain: string, service: Service): () => void {
    this.#byDomain.set(domain, service);
    return () => {
      if (this.#byDomain.get(domain) === service) this.#byDomain.delete(domain);
    };
  }

  get(domain: string): Service | undefined {
    return this.#byDomain.get(domain);
  }

  list(): { domain: string; name: string }[] {
    return [...this.#byDomain].map(([domain, { name }]) => ({ domain, name }));
  }
}
