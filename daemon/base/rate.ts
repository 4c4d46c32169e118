/** So many times in so long, for each key apart. What is over is forgotten, so it stays small. */
export class Rate {
  readonly #most: number;
  readonly #period: number;
  /** Oldest first: a key is put in anew with each period that begins for it. */
  readonly #periods = new Map<string, { since: number; times: number }>();

  /** @param period milliseconds; it begins with the first time */
  constructor(most: number, period: number) {
    this.#most = most;
    this.#period = period;
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#periods.size;
  }

  /**
   * Counts one time more, unless that is too often.
   * @param now milliseconds of a clock that never goes back
   */
  allows(key: string, now: number): boolean {
    for (const [old, { since }] of this.#periods) {
      if (now - since < this.#period) break;
      this.#periods.delete(old);
    }
    const current = this.#periods.get(key);
    if (current === undefined) this.#periods.set(key, { since: now, times: 1 });
    else if (current.times >= this.#most) return false;
    else current.times++;
    return true;
  }

  /** How long until a key is allowed again, in ms; 0: it is now. */
  wait(key: string, now: number): number {
    const current = this.#periods.get(key);
    if (current === undefined || current.times < this.#most) return 0;
    return Math.max(0, current.since + this.#period - now);
  }
}
