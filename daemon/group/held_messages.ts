import type { Bytes } from "../base/mod.ts";
import type { Origin } from "./group_keys.ts";

const MOST_BYTES = 4 * 1024 * 1024;
/** Of devices that are on no list: the other half is kept for those who are. */
const MOST_UNLISTED_BYTES = MOST_BYTES / 2;

/**
 * How many are held: in all, in the name of one listed device, and of one occupant, so that who
 * floods crowds out nobody else. Of an archive come many at once, as many as are asked for.
 */
const LIVE = { all: 256, device: 32, occupant: 64 };
const ARCHIVED = { all: 512, device: 256, occupant: 256 };
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
 * What comes out of the room's archive has a place of its own.
 */
export class HeldMessages {
  #held: Held[] = [];

  get size(): number {
    return this.#held.length;
  }

  /** @returns false when there is no room for it */
  add(held: Held): boolean {
    const { origin: { occupant }, device, isListed } = held;
    const most = isArchived(held) ? ARCHIVED : LIVE;
    // Neither takes the room of the other.
    const same = this.#held.filter((each) => isArchived(each) === isArchived(held));
    const ofOccupant = same.filter(({ origin }) => origin.occupant === occupant);
    const alike = same.filter((each) =>
      isListed ? each.isListed && each.device === device : !each.isListed
    );
    if (
      same.length >= most.all || bytesOf([...same, held]) > MOST_BYTES ||
      ofOccupant.length >= most.occupant ||
      alike.length >= (isListed ? most.device : most.all / 2) ||
      bytesOf([...alike, held]) > MOST_UNLISTED_BYTES
    ) return false;
    this.#held.push(held);
    return true;
  }

  /** Takes all out, oldest first. */
  takeAll(): Held[] {
    const all = this.#held;
    this.#held = [];
    return all;
  }

  /** Has it waited too long? What an archive has waits until the key server answers. */
  static isStale(held: Held, steady: number): boolean {
    return !isArchived(held) && steady - held.since > PATIENCE;
  }
}

function isArchived({ origin }: Held): boolean {
  return origin.archived === true;
}

function bytesOf(held: readonly Held[]): number {
  return held.reduce((sum, { payload }) => sum + payload.length, 0);
}
