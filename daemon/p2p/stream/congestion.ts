import { MAX_DATAGRAM } from "../datagram.ts";

const FIRST_WINDOW = 32 * MAX_DATAGRAM;
const LEAST_WINDOW = 4 * MAX_DATAGRAM;
/** Bytes on their way at most, whatever the model says: the sender keeps them all. */
const MOST_WINDOW = 8 * 1_024 * 1_024;

/** 2 / ln 2: the least gain by which the rate can double each round (BBR). */
const STARTUP_GAIN = 2.89;
const DRAIN_GAIN = 1 / STARTUP_GAIN;
const CRUISE_GAINS = [1.25, 0.75, 1, 1, 1, 1, 1, 1];
const WINDOW_GAIN = 2;
/** One phase of cruising lasts a round trip, and at least as long as timers can tell, ms. */
const LEAST_PHASE = 10;
/** The most delivered of so many rounds is what the way carries. */
const ROUNDS_KEPT = 10;
/** Three rounds without a quarter more: the way is full. */
const FULL_ROUNDS = 3;
const FULL_GROWTH = 1.25;
/** While the round trip is measured anew, ms. */
const PROBE_RTT = 200;
/** What event loops, their timers and gathered acknowledgements may hold up, ms and datagrams. */
const SLACK_MS = 5;
const SLACK = 16 * MAX_DATAGRAM;

/** A round that lost more than this share, and more than a few, went beyond what the way takes. */
const LOSS_TAKEN = 0.1;
const FEW_LOST = 4 * MAX_DATAGRAM;
const BACK_OFF = 0.7;
const RECOVERY = 1.1;

/** What is noted of a datagram when it leaves, to tell the rate of delivery by. */
export interface SentNote {
  sentAt: number;
  readonly size: number;
  readonly delivered: number;
  readonly deliveredAt: number;
  readonly firstSentAt: number;
  /** There was not enough to send: a low rate says nothing of the way. */
  readonly idle: boolean;
}

/** What the sender knows of the round trip. */
interface RoundTripView {
  readonly leastMs: number;
  readonly smoothedMs: number;
  leastIsOld(now: number): boolean;
  renew(now: number): void;
}

/**
 * How fast to send, from a model of the way: the most it delivered lately and its least round trip
 * (BBR, Cardwell et al. 2016; delivery rate as in draft-cheng-iccrg-delivery-rate-estimation). Losses
 * below a tenth change nothing, since a wireless way has them without being full; more lowers a
 * ceiling on what is on its way. Pure: time comes in as an argument, ms.
 */
export class CongestionControl {
  readonly #roundTrip: RoundTripView;
  #delivered = 0;
  #deliveredAt = 0;
  #firstSentAt = 0;
  #idleUntil = 0;
  #round = 0;
  #roundEnds = 0;
  #roundLost = 0;
  #roundDelivered = 0;
  #roundInFlight = 0;
  #rates: { round: number; rate: number }[] = [];
  #mode: "startup" | "drain" | "cruise" | "probe-rtt" = "startup";
  #full = { rate: 0, rounds: 0 };
  #phase = 0;
  #phaseSince = 0;
  #ceiling = Infinity;

  constructor(roundTrip: RoundTripView) {
    this.#roundTrip = roundTrip;
  }

  /** What the way carries, bytes a millisecond; 0 before it is known. */
  get rate(): number {
    return this.#rates[0]?.rate ?? 0;
  }

  /** Bytes a millisecond to let go. */
  get pacingRate(): number {
    if (this.rate === 0) return STARTUP_GAIN * FIRST_WINDOW / Math.max(1, this.#leastRtt());
    return this.#gain() * this.rate;
  }

  /** Bytes that may be on their way. */
  get window(): number {
    if (this.rate === 0) return FIRST_WINDOW;
    const carried = this.rate * this.#leastRtt();
    const wanted = this.#mode === "probe-rtt"
      ? carried / 2
      : (this.#mode === "startup" ? STARTUP_GAIN : WINDOW_GAIN) * carried +
        this.rate * SLACK_MS + SLACK;
    return Math.max(LEAST_WINDOW, Math.min(wanted, this.#ceiling, MOST_WINDOW));
  }

  /** Notes a datagram that leaves. @param inFlight bytes on their way before it */
  sent(size: number, inFlight: number, now: number): SentNote {
    if (inFlight === 0) this.#firstSentAt = this.#deliveredAt = now;
    this.#roundInFlight = Math.max(this.#roundInFlight, inFlight + size);
    return {
      sentAt: now,
      size,
      delivered: this.#delivered,
      deliveredAt: this.#deliveredAt,
      firstSentAt: this.#firstSentAt,
      idle: this.#idleUntil > 0,
    };
  }

  /** There is nothing to send though there could be: what is measured now is no limit of the way. */
  idle(inFlight: number): void {
    this.#idleUntil = this.#delivered + Math.max(1, inFlight);
  }

  /** Bytes that were lost. */
  lost(bytes: number): void {
    this.#roundLost += bytes;
  }

  /**
   * Takes what one acknowledgement confirmed, at least one datagram, in the order they were sent.
   * @param inFlight bytes still on their way
   */
  acknowledged(notes: readonly SentNote[], inFlight: number, now: number): void {
    for (const { size } of notes) {
      this.#delivered += size;
      this.#roundDelivered += size;
    }
    this.#deliveredAt = now;
    if (this.#idleUntil > 0 && this.#delivered > this.#idleUntil) this.#idleUntil = 0;
    const newest = notes.at(-1)!;
    this.#firstSentAt = newest.sentAt;
    const ended = newest.delivered >= this.#roundEnds;
    if (ended) this.#nextRound();
    this.#sample(newest, now);
    if (ended) this.#endOfRound();
    this.#advance(inFlight, now);
  }

  #leastRtt(): number {
    const { leastMs, smoothedMs } = this.#roundTrip;
    return Number.isFinite(leastMs) ? leastMs : smoothedMs;
  }

  #gain(): number {
    switch (this.#mode) {
      case "startup":
        return STARTUP_GAIN;
      case "drain":
        return DRAIN_GAIN;
      case "probe-rtt":
        return 1;
      case "cruise":
        return CRUISE_GAINS[this.#phase]!;
    }
  }

  #sample(newest: SentNote, now: number): void {
    const sending = newest.sentAt - newest.firstSentAt;
    const acknowledging = now - newest.deliveredAt;
    const interval = Math.max(sending, acknowledging);
    // Too short a time measures how acknowledgements were gathered, not the way.
    if (interval <= 0 || interval < this.#leastRtt()) return;
    const rate = (this.#delivered - newest.delivered) / interval;
    if (newest.idle && rate < this.rate) return;
    while (this.#rates.length > 0 && this.#rates.at(-1)!.rate <= rate) this.#rates.pop();
    this.#rates.push({ round: this.#round, rate });
  }

  #nextRound(): void {
    this.#round++;
    this.#roundEnds = this.#delivered;
    while (this.#rates.length > 1 && this.#rates[0]!.round + ROUNDS_KEPT < this.#round) {
      this.#rates.shift();
    }
  }

  #endOfRound(): void {
    const lost = this.#roundLost;
    const tooMuch = lost > FEW_LOST && lost > LOSS_TAKEN * (lost + this.#roundDelivered);
    if (tooMuch) {
      this.#ceiling = Math.max(
        LEAST_WINDOW,
        BACK_OFF * Math.min(this.#ceiling, this.#roundInFlight),
      );
    } else if (this.#ceiling < MOST_WINDOW) {
      this.#ceiling *= RECOVERY;
    }
    this.#roundLost = this.#roundDelivered = this.#roundInFlight = 0;
    if (this.#mode !== "startup") return;
    if (this.rate >= FULL_GROWTH * this.#full.rate && !tooMuch) {
      this.#full = { rate: this.rate, rounds: 0 };
    } else if (this.#idleUntil === 0 && ++this.#full.rounds >= FULL_ROUNDS || tooMuch) {
      this.#mode = "drain";
    }
  }

  #advance(inFlight: number, now: number): void {
    const carried = this.rate * this.#leastRtt();
    if (this.#mode === "drain" && inFlight <= carried + SLACK) this.#cruise(now);
    if (this.#mode === "probe-rtt") {
      if (now - this.#phaseSince >= PROBE_RTT + this.#leastRtt()) {
        this.#roundTrip.renew(now);
        this.#cruise(now);
      }
    } else if (this.#mode === "cruise") {
      if (this.#roundTrip.leastIsOld(now)) {
        this.#mode = "probe-rtt";
        this.#phaseSince = now;
      } else if (now - this.#phaseSince >= Math.max(LEAST_PHASE, this.#leastRtt())) {
        this.#phase = (this.#phase + 1) % CRUISE_GAINS.length;
        this.#phaseSince = now;
      }
    }
  }

  #cruise(now: number): void {
    this.#mode = "cruise";
    this.#phase = 2;
    this.#phaseSince = now;
  }
}
