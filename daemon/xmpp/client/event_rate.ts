import type { Jid } from "../core/mod.ts";

/** Events of one address within one window: more than all its nodes at once, far less than a flood. */
const MOST_EVENTS = 300;
const WINDOW_MS = 60_000;
/** Addresses counted at a time; past it the oldest count goes. */
const MOST_SENDERS = 1_000;

/** Bounds how often what one address publishes is looked at. */
export class EventRate {
  #senders = new Map<string, { since: number; count: number }>();

  /** Counts one event. @param now milliseconds on a steady clock. @returns may it be looked at? */
  admits(from: Jid, now: number): boolean {
    const key = from.toString();
    let window = this.#senders.get(key);
    if (window === undefined || now - window.since >= WINDOW_MS) {
      this.#senders.delete(key);
      this.#senders.set(key, window = { since: now, count: 0 });
      if (this.#senders.size > MOST_SENDERS) {
        this.#senders.delete(this.#senders.keys().next().value!);
      }
    }
    return ++window.count <= MOST_EVENTS;
  }
}
