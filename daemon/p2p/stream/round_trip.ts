/** Until something was measured (RFC 9002 section 6.2.2, with less patience), ms. */
const INITIAL = 200;
/** The least of the last while counts as what the way takes when nobody is busy, ms. */
const LEAST_WINDOW = 10_000;
/** Timers and busy event loops: no two times closer than this are told apart, ms. */
const GRANULARITY = 2;

/** Estimates the round trip from acknowledgements (RFC 9002 section 5, RFC 6298). */
export class RoundTrip {
  #smoothed: number | undefined;
  #variance = INITIAL / 2;
  #least = Infinity;
  #leastAt = -Infinity;
  #renewed = Infinity;

  /** Smoothed, ms. */
  get smoothedMs(): number {
    return this.#smoothed ?? INITIAL;
  }

  /** The least of the last ten seconds or so, ms; Infinity before the first. */
  get leastMs(): number {
    return this.#least;
  }

  /** The least is so old that it should be measured anew. */
  leastIsOld(now: number): boolean {
    return now - this.#leastAt > LEAST_WINDOW;
  }

  /** Gives up an old least for the least since it grew old. */
  renew(now: number): void {
    if (this.#renewed < Infinity) this.#setLeast(this.#renewed, now);
  }

  /** After this long without an acknowledgement something is sent again (RFC 9002 section 6.2), ms. */
  probeAfterMs(delayOfPeer: number): number {
    return this.smoothedMs + Math.max(4 * this.#variance, GRANULARITY) + delayOfPeer;
  }

  /** @param delay what the peer says it waited before it answered, ms */
  add(sample: number, delay: number, now: number): void {
    if (!(sample >= 0)) return;
    if (this.leastIsOld(now)) this.#renewed = Math.min(this.#renewed, sample);
    if (sample <= this.#least) this.#setLeast(sample, now);
    const adjusted = sample - delay >= this.#least ? sample - delay : sample;
    if (this.#smoothed === undefined) {
      this.#smoothed = adjusted;
      this.#variance = adjusted / 2;
      return;
    }
    this.#variance += (Math.abs(this.#smoothed - adjusted) - this.#variance) / 4;
    this.#smoothed += (adjusted - this.#smoothed) / 8;
  }

  #setLeast(sample: number, now: number): void {
    this.#least = sample;
    this.#leastAt = now;
    this.#renewed = Infinity;
  }
}
