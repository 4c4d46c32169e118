/**
 * A bucket of credit that refills with time. Debt is allowed and is what has to be waited off, so
 * one large stanza passes whole and is paid for afterwards.
 */
export class TokenBucket {
  #credit: number;
  #at: number;

  /**
   * @param rate credit gained a second
   * @param burst the most credit that gathers
   * @param now milliseconds on a steady clock
   */
  constructor(private readonly rate: number, private readonly burst: number, now: number) {
    this.#credit = burst;
    this.#at = now;
  }

  /** Spends `amount` at `now`. @returns milliseconds to wait before more may be spent; 0: none */
  spend(amount: number, now: number): number {
    this.#credit = Math.min(this.burst, this.#credit + (now - this.#at) * this.rate / 1000);
    this.#at = now;
    this.#credit -= amount;
    return this.#credit >= 0 ? 0 : Math.ceil(-this.#credit * 1000 / this.rate);
  }

  /** Is more owed than can ever be saved up? */
  overdrawn(now: number): boolean {
    return this.#credit + (now - this.#at) * this.rate / 1000 < -this.burst;
  }

  /** Has all credit come back by `now`? */
  full(now: number): boolean {
    return this.#credit + (now - this.#at) * this.rate / 1000 >= this.burst;
  }
}
