/**
 * Remembers which counters were seen, in a window that slides behind the highest one (RFC 6479's
 * bitmap ring). Ask {@link fresh} before the costly check, {@link commit} only after authentication:
 * a forged counter must not move the window. Not shared between keys: one window a key.
 */
export class ReplayWindow {
  /** Counters remembered behind the highest one. */
  readonly width: number;
  readonly #words: Uint32Array;
  #highest = -1;

  /** @param width a multiple of 32 */
  constructor(width = 8192) {
    if (!Number.isInteger(width) || width < 32 || width % 32 !== 0) {
      throw new RangeError(`window of ${width}, a multiple of 32 expected`);
    }
    this.width = width;
    // One word more than the width, so that the word being filled never holds the oldest counters.
    this.#words = new Uint32Array(width / 32 + 1);
  }

  /** Highest counter committed; −1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** True when `counter` was neither seen nor is too old to tell. */
  fresh(counter: number): boolean {
    if (!Number.isSafeInteger(counter) || counter < 0) return false;
    if (counter > this.#highest) return true;
    if (this.#highest - counter >= this.width) return false;
    return (this.#word(counter) & this.#bit(counter)) === 0;
  }

  /** Marks `counter` as seen. @returns false when it was not {@link fresh}: it is a replay */
  commit(counter: number): boolean {
    if (!this.fresh(counter)) return false;
    if (counter > this.#highest) {
      const from = Math.floor(this.#highest / 32);
      const steps = Math.min(Math.floor(counter / 32) - from, this.#words.length);
      for (let i = 1; i <= steps; i++) this.#words[(from + i) % this.#words.length] = 0;
      this.#highest = counter;
    }
    const index = Math.floor(counter / 32) % this.#words.length;
    this.#words[index] = this.#word(counter) | this.#bit(counter);
    return true;
  }

  #word(counter: number): number {
    return this.#words[Math.floor(counter / 32) % this.#words.length] ?? 0;
  }

  #bit(counter: number): number {
    return 1 << (counter % 32);
  }
}
