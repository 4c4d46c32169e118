import type { Bytes } from "../base/mod.ts";
import type { Origin } from "./group_keys.ts";

const MOST = 256;
const MOST_BYTES = 4 * 1024 * 1024;
/** Of devices that are on no list: the other half is kept for those who are. */
const [MOST_UNLISTED, MOST_UNLISTED_BYTES] = [MOST / 2, MOST_BYTES / 2];
/** In the name of one listed device. */
const MOST_DEVICE = 32;
/** Of one occupant, so that who floods crowds out nobody else. */
const MOST_EACH = 64;
/** ms after which the key is not waited for any more. */
const PATIENCE = 120_000;

/** A message whose key is not here yet. */
export interface Held {
  readonly payload: Bytes;
  readonly origin: Origin;
  /** The device it claims to be of; nothing of that is proved yet. */
  readonly device: string;
  /** Is that device a member's? */
  readonly isListed: boolean;
  /** Steady ms. */
  readonly since: number;
}

/**
 * Messages that wait for their key: bounded in number, bytes, time, for each occupant and each
 * device; who takes many nicks fills no more than half of it, unless in the names of many members.
 */
export class HeldMessages {
  #held: Held[] = [];
  #bytes = 0;

  get size(): number {
    return this.#held.length;
  }

  /** @returns false when there is no room for it */
  add(held: Held): boolean {
    const { origin: { occupant }, device, isListed, payload } = held;
    const ofOccupant = this.#held.filter(({ origin }) => origin.occupant === occupant);
    const alike = this.#held.filter((each) =>
      isListed ? each.isListed && each.device === device : !each.isListed
    );
    const bytes = alike.reduce((sum, each) => sum + each.payload.length, payload.length);
    if (
      this.#held.length >= MOST || this.#bytes + payload.length > MOST_BYTES ||
      ofOccupant.length >= MOST_EACH || alike.length >= (isListed ? MOST_DEVICE : MOST_UNLISTED) ||
      bytes > MOST_UNLISTED_BYTES
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
