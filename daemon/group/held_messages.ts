import type { Bytes } from "../base/mod.ts";
import type { Origin } from "./group_keys.ts";

const MOST = 256;
const MOST_BYTES = 4 * 1024 * 1024;
/** Of one occupant, so that who floods crowds out nobody else. */
const MOST_EACH = 64;
/** ms after which the key is not waited for any more. */
const PATIENCE = 120_000;

/** A message whose key is not here yet. */
export interface Held {
  readonly payload: Bytes;
  readonly origin: Origin;
  /** Steady ms. */
  readonly since: number;
}

/** Messages that wait for their key: bounded in number, bytes, time, and for each occupant. */
export class HeldMessages {
  #held: Held[] = [];
  #bytes = 0;

  get size(): number {
    return this.#held.length;
  }

  /** @returns false when there is no room for it */
  add(held: Held): boolean {
    const { occupant } = held.origin;
    if (
      this.#held.length >= MOST || this.#bytes + held.payload.length > MOST_BYTES ||
      this.#held.filter(({ origin }) => origin.occupant === occupant).length >= MOST_EACH
    ) return false;
    this.#held.push(held);
    this.#bytes += held.payload.length;
    return true;
  }

  /** Takes all out, oldest first. */
  takeAll(): Held[] {
    const all = this.#held;
    this.#held = [];
    this.#bytes = 0;
    return all;
  }

  /** Has it waited too long? */
  static isStale(held: Held, steady: number): boolean {
    return steady - held.since > PATIENCE;
  }
}
