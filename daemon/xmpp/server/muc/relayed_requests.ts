import { type Jid, newId } from "../../core/mod.ts";

/** A request of one occupant to another, on its way. */
export interface Relayed {
  /** Full JID of who asks, and the id it gave. */
  readonly asker: Jid;
  readonly id: string;
  /** Full JID of who is to answer. */
  readonly answerer: string;
  /** Nick that was asked. */
  readonly nick: string;
}

/** Requests that wait for another occupant's answer (XEP-0045 section 17.4); the oldest go first. */
export class RelayedRequests {
  readonly #most: number;
  #waiting = new Map<string, Relayed>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns the id under which it is passed on */
  add(request: Relayed): string {
    const id = newId();
    this.#waiting.set(id, request);
    if (this.#waiting.size > this.#most) {
      this.#waiting.delete(this.#waiting.keys().next().value!);
    }
    return id;
  }

  /** The request that an answer of `from` is for; once. */
  take(id: string, from: string): Relayed | undefined {
    const request = this.#waiting.get(id);
    if (request?.answerer !== from) return undefined;
    this.#waiting.delete(id);
    return request;
  }
}
