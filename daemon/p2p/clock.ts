const SAMPLES = 32;

/**
 * Round-trip time and the difference of two clocks, from pings (the exchange of RFC 5905 section 8).
 * The offset is that of the fastest of the last exchanges: it had the least room to be lopsided.
 */
export class ClockEstimator {
  #samples: { rtt: number; offset: number }[] = [];
  #fastest: { rtt: number; offset: number } | undefined;
  #smoothed: number | null = null;

  /** Smoothed round trip (RFC 6298's 7/8), ms; null before the first exchange. */
  get rttMs(): number | null {
    return this.#smoothed;
  }

  /** Fastest of the last round trips, ms: what the way takes when nobody is busy. */
  get leastRttMs(): number | null {
    return this.#fastest?.rtt ?? null;
  }

  /** The peer's clock minus ours, ms; null before the first exchange. */
  get offsetMs(): number | null {
    return this.#fastest?.offset ?? null;
  }

  /**
   * Times of one exchange, ms: our clock at sending, the peer's at receiving and answering, ours at
   * receiving the answer. Times that cannot be are ignored.
   * @returns the round trip without the peer's own time, or null
   */
  add(sent: number, received: number, answered: number, came: number): number | null {
    const rtt = (came - sent) - (answered - received);
    if (!Number.isFinite(rtt) || answered < received || came < sent) return null;
    const sample = { rtt: Math.max(0, rtt), offset: ((received - sent) + (answered - came)) / 2 };
    this.#samples.push(sample);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    this.#fastest = this.#samples.reduce((a, b) => b.rtt < a.rtt ? b : a);
    this.#smoothed = this.#smoothed === null
      ? sample.rtt
      : this.#smoothed + (sample.rtt - this.#smoothed) / 8;
    return sample.rtt;
  }
}
