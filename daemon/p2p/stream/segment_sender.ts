import type { Bytes } from "../../base/mod.ts";
import { DatagramType, type DatagramWriter, HEADER_BYTES, MAX_DATAGRAM } from "../datagram.ts";
import { CongestionControl, type SentNote } from "./congestion.ts";
import { RoundTrip } from "./round_trip.ts";
import { type Acknowledgement, putSegment, SEGMENT_BYTES, SEGMENT_HEADER } from "./segments.ts";

/** Written bytes that wait to be sent for the first time, at most; a writer waits beyond. */
export const SEND_BUFFER = 512 * 1_024;
/** An acknowledgement may be held back so long, ms. */
export const MAX_ACK_DELAY = 4;

/** Datagrams in the socket's hands. */
const MAX_BACKLOG = 64;
/** Datagrams at once at most: fewer than fill a usual receive buffer. */
const MOST_BURST = 48;
const LEAST_BURST = 10;
/** A burst covers what timers cannot tell apart, ms. */
const BURST_MS = 2;
/** Overtaken datagrams count as lost after a quarter of a round trip, ms at least. */
const LEAST_REORDERING = 2;
const PROBES = 2;
const MOST_BACKOFF = 6;
const MOST_DECLARED = 128;

/** Some bytes of the stream, on their way or to be sent again. */
interface Outgoing {
  readonly offset: number;
  readonly payload: Uint8Array;
  readonly last: boolean;
  acknowledged: boolean;
}

interface InFlight {
  readonly segment: Outgoing;
  readonly note: SentNote;
}

/**
 * Sends one stream's bytes in segments: paced by {@link CongestionControl}, within the receiver's
 * credit, again when they are lost (RFC 8985's time-based detection, RFC 9002's probes). Every
 * datagram has a number of its own, so that an acknowledgement is never ambiguous.
 */
export class SegmentSender {
  readonly roundTrip = new RoundTrip();
  readonly congestion = new CongestionControl(this.roundTrip);
  readonly #writer: DatagramWriter;
  readonly #transmit: (datagram: Bytes) => void;
  readonly #backlog: () => number;
  readonly #now: () => number;
  readonly #changed: () => void;
  readonly #flight = new Map<number, InFlight>();
  /** Declared lost lately: if one comes after all, the way reorders more than was thought. */
  readonly #declared = new Map<number, Outgoing>();
  #again: Outgoing[] = [];
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #offset = 0;
  #credit = 0;
  #finishing = false;
  #finished = false;
  #inFlight = 0;
  #unacknowledged = 0;
  #newest: SentNote | undefined;
  #lastSentAt = 0;
  #reordering = 0.25;
  #tokens = LEAST_BURST * MAX_DATAGRAM;
  #refilledAt = -Infinity;
  #probes = 0;
  #backoff = 0;
  #paceTimer: ReturnType<typeof setTimeout> | undefined;
  #lossTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** Datagrams sent again. */
  resent = 0;
  /** When the receiver last confirmed something new, ms of the clock. */
  progressAt: number;

  /**
   * @param options.backlog datagrams the socket has taken and not sent yet
   * @param options.changed there may be room for more, or everything has been confirmed
   */
  constructor(options: {
    writer: DatagramWriter;
    transmit: (datagram: Bytes) => void;
    backlog: () => number;
    now: () => number;
    changed: () => void;
  }) {
    this.#writer = options.writer;
    this.#transmit = options.transmit;
    this.#backlog = options.backlog;
    this.#now = options.now;
    this.#changed = options.changed;
    this.progressAt = options.now();
  }

  /** A write would be taken. */
  get hasRoom(): boolean {
    return this.#waitingBytes < SEND_BUFFER;
  }

  /** The receiver has granted credit: it is there and wants the stream. */
  get wanted(): boolean {
    return this.#credit > 0;
  }

  /** Everything up to the end has been confirmed. */
  get done(): boolean {
    return this.#finished && this.#unacknowledged === 0;
  }

  /** Something is left that the receiver has not confirmed. */
  get busy(): boolean {
    return this.#unacknowledged > 0 || this.#waitingBytes > 0;
  }

  /** Takes bytes to send; they must not be changed afterwards. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (!this.busy) this.progressAt = this.#now();
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#wake();
  }

  /** Nothing comes after what was written. */
  finish(): void {
    this.#finishing = true;
    this.#wake();
  }

  /** The receiver says that all of it came; it counts when all was sent. */
  allCame(): void {
    if (this.#finished) this.#unacknowledged = 0;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#paceTimer);
    clearTimeout(this.#lossTimer);
    this.#flight.clear();
    this.#declared.clear();
    this.#again = this.#waiting = [];
  }

  /** @returns false when it confirms what was never sent */
  acknowledged({ credit, delayMs, ranges }: Acknowledgement): boolean {
    const newest = ranges[0]?.last ?? -1;
    if (newest >= this.#writer.next) return false;
    const now = this.#now();
    if (credit > this.#credit) {
      this.#credit = credit;
      this.progressAt = now;
    }
    const confirmed = this.#confirm(ranges);
    if (confirmed.length > 0) {
      this.progressAt = now;
      this.#backoff = 0;
      const last = confirmed.at(-1)!;
      if (this.#newest === undefined || last.sentAt > this.#newest.sentAt) {
        this.#newest = last;
        this.roundTrip.add(now - last.sentAt, Math.min(delayMs, MAX_ACK_DELAY), now);
      }
      this.#findLost(now);
      this.congestion.acknowledged(confirmed, this.#inFlight, now);
    }
    this.#pump();
    this.#changed();
    return true;
  }

  #confirm(ranges: Acknowledgement["ranges"]): SentNote[] {
    const confirmed: { number: number; note: SentNote }[] = [];
    const oldest = this.#flight.keys().next().value ?? Infinity;
    for (const { first, last } of ranges) {
      if (last < oldest) break;
      for (let number = Math.max(first, oldest); number <= last; number++) {
        const sent = this.#flight.get(number);
        if (sent === undefined) continue;
        this.#flight.delete(number);
        this.#inFlight -= sent.note.size;
        this.#arrived(sent.segment);
        confirmed.push({ number, note: sent.note });
      }
    }
    for (const [number, segment] of this.#declared) {
      if (!ranges.some(({ first, last }) => first <= number && number <= last)) continue;
      this.#declared.delete(number);
      this.#arrived(segment);
      this.#reordering = Math.min(1, this.#reordering * 1.5);
    }
    return confirmed.sort((a, b) => a.number - b.number).map(({ note }) => note);
  }

  #arrived(segment: Outgoing): void {
    if (segment.acknowledged) return;
    segment.acknowledged = true;
    this.#unacknowledged--;
  }

  /** Declares lost what was overtaken long enough ago. */
  #findLost(now: number): void {
    const newest = this.#newest;
    if (newest === undefined) return;
    const patience = this.#patience();
    let lost = 0;
    for (const [number, sent] of this.#flight) {
      if (sent.note.sentAt >= newest.sentAt || now - sent.note.sentAt < patience) break;
      lost += this.#lose(number, sent);
    }
    if (lost > 0) this.congestion.lost(lost);
  }

  #lose(number: number, { segment, note }: InFlight): number {
    this.#flight.delete(number);
    this.#inFlight -= note.size;
    if (segment.acknowledged) return 0;
    this.#again.push(segment);
    this.#declared.set(number, segment);
    if (this.#declared.size > MOST_DECLARED) {
      this.#declared.delete(this.#declared.keys().next().value!);
    }
    return note.size;
  }

  #wake(): void {
    if (this.#paceTimer === undefined) this.#pump();
  }

  #pump(): void {
    if (this.#closed) return;
    clearTimeout(this.#paceTimer);
    this.#paceTimer = undefined;
    const now = this.#now();
    const rate = this.congestion.pacingRate;
    const burst = Math.min(MOST_BURST, Math.max(LEAST_BURST, rate * BURST_MS / MAX_DATAGRAM)) *
      MAX_DATAGRAM;
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#refilledAt) * rate);
    this.#refilledAt = now;
    let blocked = false;
    while (this.#probes > 0 || this.#inFlight < this.congestion.window) {
      if (this.#tokens < MAX_DATAGRAM && this.#probes === 0 || this.#backlog() >= MAX_BACKLOG) {
        blocked = true;
        break;
      }
      const segment = this.#next();
      if (segment === undefined) {
        this.congestion.idle(this.#inFlight);
        this.#probes = 0;
        break;
      }
      this.#send(segment, now);
      this.#tokens -= MAX_DATAGRAM;
      if (this.#probes > 0) this.#probes--;
    }
    if (blocked) {
      const wait = Math.max(1, (MAX_DATAGRAM - this.#tokens) / rate);
      this.#paceTimer = setTimeout(() => this.#pump(), wait);
    }
    this.#armLoss(now);
  }

  #next(): Outgoing | undefined {
    for (let segment; (segment = this.#again.shift()) !== undefined;) {
      if (segment.acknowledged) continue;
      this.resent++;
      return segment;
    }
    const bytes = this.#waiting[0];
    if (bytes === undefined) {
      if (!this.#finishing || this.#finished || this.#credit === 0) return undefined;
      this.#finished = true;
      return this.#made(new Uint8Array(0), true);
    }
    const length = Math.min(SEGMENT_BYTES, bytes.length, this.#credit - this.#offset);
    if (length <= 0) return undefined;
    const last = this.#finishing && this.#waiting.length === 1 && length === bytes.length;
    if (length === bytes.length) this.#waiting.shift();
    else this.#waiting[0] = bytes.subarray(length);
    this.#waitingBytes -= length;
    this.#finished ||= last;
    return this.#made(bytes.subarray(0, length), last);
  }

  #made(payload: Uint8Array, last: boolean): Outgoing {
    const segment = { offset: this.#offset, payload, last, acknowledged: false };
    this.#offset += payload.length;
    this.#unacknowledged++;
    return segment;
  }

  #send(segment: Outgoing, now: number): void {
    const number = this.#writer.next;
    const datagram = this.#writer.begin(
      DatagramType.segment,
      SEGMENT_HEADER + segment.payload.length,
    );
    putSegment(datagram, HEADER_BYTES, segment);
    const note = this.congestion.sent(datagram.length, this.#inFlight, now);
    this.#flight.set(number, { segment, note });
    this.#inFlight += datagram.length;
    this.#lastSentAt = now;
    this.#transmit(this.#writer.finish(datagram));
  }

  /** When nothing is heard: what was overtaken is lost, or else the oldest is sent again. */
  #armLoss(now: number): void {
    clearTimeout(this.#lossTimer);
    this.#lossTimer = undefined;
    const first = this.#flight.values().next().value;
    if (first === undefined) return;
    const overtaken = this.#newest !== undefined && first.note.sentAt < this.#newest.sentAt;
    const due = overtaken
      ? this.#patience()
      : this.roundTrip.probeAfterMs(MAX_ACK_DELAY) * 2 ** this.#backoff;
    // A probe counts from the newest that left, a loss from when the overtaken one did.
    const since = overtaken ? first.note.sentAt : this.#lastSentAt;
    this.#lossTimer = setTimeout(
      () => overtaken ? this.#overdue() : this.#probe(),
      Math.max(1, Math.ceil(since + due - now)),
    );
  }

  /** An overtaken datagram that is older than this is lost, ms. */
  #patience(): number {
    const { smoothedMs } = this.roundTrip;
    return smoothedMs + Math.max(LEAST_REORDERING, smoothedMs * this.#reordering);
  }

  #overdue(): void {
    this.#findLost(this.#now());
    this.#pump();
  }

  #probe(): void {
    this.#backoff = Math.min(MOST_BACKOFF, this.#backoff + 1);
    for (const [number, sent] of [...this.#flight].slice(0, PROBES)) this.#lose(number, sent);
    this.#probes = PROBES;
    this.#pump();
  }
}
