/** Longest time a timer of the system takes, in ms. */
const LONGEST = 2 ** 31 - 1;

/** What comes again in a hosted group: its statement, and a fresh key. */
export interface TimersOptions {
  /** ms from one statement to the next. */
  readonly repeat: number;
  /** ms after which a key is renewed that did not change; 0: never. */
  readonly renew: () => number;
  readonly onRepeat: () => void;
  readonly onRenew: () => void;
}

/** Says a group's statement again and again, and renews its key when it grew old. */
export class Timers {
  readonly #o: TimersOptions;
  #repeating: ReturnType<typeof setInterval> | undefined;
  #renewing: ReturnType<typeof setTimeout> | undefined;
  /** When the key changed last, by the clock that never goes back. */
  #changed = 0;

  constructor(options: TimersOptions) {
    this.#o = options;
  }

  /** @param age ms since the key changed last, as far as a clock that can be set tells */
  start(age: number): void {
    this.#repeating ??= setInterval(this.#o.onRepeat, this.#o.repeat);
    this.#changed = performance.now() - Math.max(0, age);
    this.#arm();
  }

  /** The key changed now. */
  changed(): void {
    this.#changed = performance.now();
    if (this.#repeating !== undefined) this.#arm();
  }

  close(): void {
    clearInterval(this.#repeating);
    clearTimeout(this.#renewing);
    this.#repeating = undefined;
  }

  #arm(): void {
    clearTimeout(this.#renewing);
    const interval = this.#o.renew();
    if (interval === 0) return;
    const left = Math.max(0, this.#changed + interval - performance.now());
    this.#renewing = setTimeout(() => {
      if (performance.now() - this.#changed < this.#o.renew()) return this.#arm();
      this.#o.onRenew();
      // Where nothing changed, as in a group without members, it is tried again later.
      if (performance.now() - this.#changed >= this.#o.renew()) this.changed();
    }, Math.min(left, LONGEST));
  }
}
