import type { Bytes } from "../../base/mod.ts";
import { SegmentReceiver } from "./segment_receiver.ts";
import { MAX_ACK_DELAY } from "./segment_sender.ts";
import { encodeAcknowledgement, readSegment } from "./segments.ts";

/** Datagrams that are confirmed together. */
const ACK_EVERY = 16;

/** What a UDP stream does at the receiver: takes segments, and says in time what came. */
export class ReceivingSide {
  readonly #receiver = new SegmentReceiver();
  readonly #now: () => number;
  readonly #acknowledge: (body: Bytes) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #toConfirm = 0;
  #granted = false;
  #movedAt = 0;

  /** @param options.acknowledge sends the body of an acknowledgement, if there is a way */
  constructor(options: { now: () => number; acknowledge: (body: Bytes) => void }) {
    this.#now = options.now;
    this.#acknowledge = options.acknowledge;
  }

  /** The stream is wanted: the sender has been, or will be, given credit. */
  get granted(): boolean {
    return this.#granted;
  }

  /** All bytes up to the end have come. */
  get complete(): boolean {
    return this.#receiver.complete;
  }

  get readable(): boolean {
    return this.#receiver.readable;
  }

  /** Bytes kept for a reader. */
  get held(): number {
    return this.#receiver.held;
  }

  /** Since when nothing came though there is room and a reader who waits, ms; undefined if not so. */
  get waitingSince(): number | undefined {
    return this.#granted && !this.readable && !this.complete ? this.#movedAt : undefined;
  }

  grant(): void {
    if (this.#granted) return;
    this.#granted = true;
    this.#movedAt = this.#now();
    this.confirm();
  }

  /** The next bytes in order; empty when none are there. */
  read(): Bytes {
    const bytes = this.#receiver.read();
    this.#movedAt = this.#now();
    if (this.#receiver.creditIsDue) this.confirm();
    return bytes;
  }

  /** Notes a datagram that is no segment: whatever number came leaves no gap in what is confirmed. */
  note(number: number, now: number): void {
    if (this.#granted) this.#receiver.note(number, now);
  }

  /** Takes a segment's datagram. @throws RangeError when it cannot be */
  take(number: number, body: Uint8Array, now: number): void {
    if (!this.#granted) return;
    const segment = readSegment(body);
    const outcome = segment === undefined ? "malformed" : this.#receiver.take(segment);
    if (outcome === "malformed") throw new RangeError("a segment that cannot be");
    if (outcome === "no-room") return;
    const gap = this.#receiver.note(number, now);
    if (outcome === "taken") this.#movedAt = now;
    this.#toConfirm++;
    if (gap || this.#toConfirm >= ACK_EVERY || this.complete) this.confirm();
    else this.#timer ??= setTimeout(() => this.confirm(), MAX_ACK_DELAY / 2);
  }

  /** Says now what came and how much more may. */
  confirm(): void {
    this.close();
    this.#toConfirm = 0;
    this.#acknowledge(encodeAcknowledgement(this.#receiver.acknowledgement(this.#now())));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
