import type { Bytes } from "../base/mod.ts";
import { refused } from "./admission.ts";
import type { ProvedDevice } from "./channels.ts";

/** Bytes of reasons that one change of the key makes at most, so that statements stay small. */
const BUDGET = 12 * 1024;
/** Joins and leaves that may wait. */
const MAX_WAITING = 1024;
/** Leaves that were done are remembered so long, so that one that comes late does nothing. */
const DONE_AGE = 10 * 60_000;
const MAX_DONE = 4096;

/** Somebody who wants to join, and by which registration. */
interface Joining {
  readonly from: ProvedDevice;
  readonly registration: string;
}

/** Somebody who wants to leave, by which request, and their signed word for it if they gave one. */
interface Leaving {
  readonly request: string;
  readonly action: Bytes | null;
}

interface Waiting {
  readonly done: PromiseWithResolvers<boolean>;
}

/** Joins and leaves that are gathered for one change of the key (Li et al., batch rekeying). */
export class Batch {
  readonly #interval: () => number;
  readonly #run: () => void;
  readonly #joins = new Map<string, Joining & Waiting>();
  readonly #leaves = new Map<string, Leaving & Waiting>();
  /** Ids of leave requests that were carried out, with when. */
  readonly #done = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /**
   * @param interval ms from the first that waits to the change; 0: at once
   * @param run makes the change, with what {@link take} gives
   */
  constructor(interval: () => number, run: () => void) {
    this.#interval = interval;
    this.#run = run;
  }

  /** Does this member wait to join? */
  joins(member: string): boolean {
    return this.#joins.has(member);
  }

  /** How many joins and leaves wait. */
  get size(): number {
    return this.#joins.size + this.#leaves.size;
  }

  /**
   * @returns whether it was done; false when the key server ends, or the same member asked again:
   * one answer a member waits, so that who asks often holds no more than who asks once
   * @throws SimppdError why not
   */
  join(member: string, joining: Joining): Promise<boolean> {
    const done = this.#require(this.#joins.get(member));
    this.#joins.set(member, { ...joining, done });
    this.#arm();
    return done.promise;
  }

  /** As {@link join}; a join of the same member that waits is given up. */
  leave(member: string, leaving: Leaving): Promise<boolean> {
    const done = this.#require(this.#leaves.get(member));
    this.#leaves.set(member, { ...leaving, done });
    this.#arm();
    return done.promise;
  }

  /** Was this request carried out lately? */
  hasLeft(request: string): boolean {
    return this.#done.has(request);
  }

  /** As many as one change takes; the others wait for the next. */
  take(): { joins: Map<string, Joining>; leaves: Map<string, Bytes | null> } {
    const leaves = new Map<string, Bytes | null>();
    const joins = new Map<string, Joining>();
    let size = 0;
    for (const [id, { action }] of this.#leaves) {
      if ((size += costOf(id)) > BUDGET) return { joins, leaves };
      leaves.set(id, action);
    }
    for (const [id, joining] of this.#joins) {
      if ((size += costOf(id)) > BUDGET) break;
      joins.set(id, joining);
    }
    return { joins, leaves };
  }

  /** What was taken is done, but for those in `failed`. */
  settle(
    joins: readonly string[],
    leaves: readonly string[],
    failed: ReadonlyMap<string, unknown>,
  ): void {
    const now = performance.now();
    for (const id of leaves) {
      const { request, done } = this.#leaves.get(id)!;
      this.#remember(request, now);
      this.#leaves.delete(id);
      done.resolve(true);
    }
    for (const id of joins) {
      const { done } = this.#joins.get(id)!;
      this.#joins.delete(id);
      if (failed.has(id)) done.reject(failed.get(id));
      else done.resolve(true);
    }
    if (this.size > 0) this.#arm();
  }

  /** The change could not be made. */
  fail(joins: readonly string[], leaves: readonly string[], error: unknown): void {
    for (const id of leaves) take(this.#leaves, id)?.done.reject(error);
    for (const id of joins) take(this.#joins, id)?.done.reject(error);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { done } of [...this.#joins.values(), ...this.#leaves.values()]) done.resolve(false);
    this.#joins.clear();
    this.#leaves.clear();
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#run();
    }, this.#interval());
  }

  /** A new thing to wait for, instead of what the same member waited for before. */
  #require(before: Waiting | undefined): PromiseWithResolvers<boolean> {
    before?.done.resolve(false);
    if (before === undefined && this.size >= MAX_WAITING) {
      throw refused("busy", "Too many want to join or leave at once; try again in a moment.");
    }
    const done = Promise.withResolvers<boolean>();
    done.promise.catch(() => {});
    return done;
  }

  #remember(request: string, now: number): void {
    for (const [old, at] of this.#done) {
      if (now - at < DONE_AGE && this.#done.size < MAX_DONE) break;
      this.#done.delete(old);
    }
    this.#done.set(request, now);
  }
}

function costOf(id: string): number {
  return 40 + 3 * id.length;
}

function take<T>(map: Map<string, T>, id: string): T | undefined {
  const value = map.get(id);
  map.delete(id);
  return value;
}
