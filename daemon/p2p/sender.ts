import type { Bytes } from "../base/mod.ts";
import { DatagramType, type DatagramWriter, HEADER_BYTES } from "./datagram.ts";
import {
  FRAGMENT_BYTES,
  FRAGMENT_HEADER,
  MAX_FRAME,
  type Missing,
  putFragment,
} from "./fragments.ts";
import { FRAME_DEADLINE } from "./reassembler.ts";

/** Datagrams let go at once at most: well under the 90 that fill a usual receive buffer. */
const BURST = 32;
/** Datagrams a millisecond after that: what one busy core still takes in. */
const RATE = 16;

const MAX_BACKLOG = 64;
const KEPT_FRAMES = 4;
const KEPT_BYTES = 1_024 * 1_024;
const MAX_RESENDS_OF_ONE = 8;

/** A frame being sent, or kept for a while in case pieces of it are asked for again. */
interface Outgoing {
  sequence: number;
  bytes: Uint8Array;
  count: number;
  /** When its newest piece left. */
  sentAt: number;
  /** Pieces sent so far: what is on its way for the first time is not sent again. */
  next: number;
  /** How often each piece was sent again. */
  resent: Uint8Array;
  /** Datagrams that may still be spent on repairing it: a flood of NACKs buys no more. */
  budget: number;
}

/**
 * Cuts frames into datagrams and lets them go in small bursts, one frame at a time: a frame that
 * comes while one is being sent waits, and is replaced by a newer one. Answers NACKs.
 */
export class FrameSender {
  #sequence = 0;
  #waiting: { bytes: Uint8Array; capturedAt: number } | undefined;
  #current: Outgoing | undefined;
  #kept: Outgoing[] = [];
  #repairs: { frame: Outgoing; index: number }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tokens = BURST;
  #refilledAt = -Infinity;
  #closed = false;
  readonly #writer: DatagramWriter;
  readonly #transmit: (datagram: Bytes) => void;
  readonly #backlog: () => number;
  readonly #now: () => number;

  /** Frames wholly or partly handed to the socket. */
  sent = 0;
  /** Frames replaced by a newer one, or too old or too large to send. */
  dropped = 0;
  /** Datagrams sent again. */
  resent = 0;

  /** @param options.backlog datagrams the socket has taken and not sent yet */
  constructor(options: {
    writer: DatagramWriter;
    transmit: (datagram: Bytes) => void;
    backlog: () => number;
    now: () => number;
  }) {
    this.#writer = options.writer;
    this.#transmit = options.transmit;
    this.#backlog = options.backlog;
    this.#now = options.now;
  }

  /** @returns false when the frame cannot be sent at all: empty or past {@link MAX_FRAME} */
  offer(bytes: Uint8Array, capturedAt: number): boolean {
    if (this.#closed) return false;
    if (bytes.length === 0 || bytes.length > MAX_FRAME) {
      this.dropped++;
      return false;
    }
    if (this.#waiting !== undefined) this.dropped++;
    this.#waiting = { bytes, capturedAt };
    if (this.#timer === undefined) this.#pump();
    return true;
  }

  /** Queues what a NACK asks for, within each frame's budget. */
  repair(missing: readonly Missing[]): void {
    const now = this.#now();
    for (const { sequence, indices } of missing) {
      const frame = this.#kept.find((it) => it.sequence === sequence);
      if (frame === undefined || now - frame.sentAt > FRAME_DEADLINE) continue;
      if (indices.length === 0) {
        for (let index = 0; index < frame.next; index++) this.#again(frame, index);
      }
      for (const index of indices) this.#again(frame, index);
    }
    if (this.#timer === undefined) this.#pump();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = this.#waiting = this.#current = undefined;
    this.#kept = [];
    this.#repairs = [];
  }

  #again(frame: Outgoing, index: number): void {
    if (index >= frame.next || frame.budget === 0) return;
    if (frame.resent[index]! >= MAX_RESENDS_OF_ONE) return;
    frame.resent[index]!++;
    frame.budget--;
    this.#repairs.push({ frame, index });
  }

  #pump(): void {
    this.#timer = undefined;
    const now = this.#now();
    // A token bucket: how late the timer comes does not change the pace.
    this.#tokens = Math.min(BURST, this.#tokens + (now - this.#refilledAt) * RATE);
    this.#refilledAt = now;
    while (this.#tokens >= 1 && this.#backlog() < MAX_BACKLOG) {
      const datagram = this.#next(now);
      if (datagram === undefined) return;
      this.#transmit(datagram);
      this.#tokens--;
    }
    if (this.#current !== undefined || this.#waiting !== undefined || this.#repairs.length > 0) {
      this.#timer = setTimeout(() => this.#pump(), 1);
    }
  }

  #next(now: number): Bytes | undefined {
    const repair = this.#repairs.shift();
    if (repair !== undefined) {
      this.resent++;
      return this.#fragment(repair.frame, repair.index);
    }
    const frame = this.#current ?? this.#begin(now);
    if (frame === undefined) return undefined;
    frame.sentAt = now;
    const datagram = this.#fragment(frame, frame.next++);
    if (frame.next === frame.count) this.#current = undefined;
    return datagram;
  }

  #begin(now: number): Outgoing | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return undefined;
    if (now - waiting.capturedAt > FRAME_DEADLINE) {
      this.dropped++;
      return undefined;
    }
    const count = Math.ceil(waiting.bytes.length / FRAGMENT_BYTES);
    const frame: Outgoing = {
      sequence: this.#sequence++,
      bytes: waiting.bytes,
      count,
      sentAt: now,
      next: 0,
      resent: new Uint8Array(count),
      budget: 2 * count + 32,
    };
    this.sent++;
    this.#current = frame;
    this.#keep(frame);
    return frame;
  }

  #keep(frame: Outgoing): void {
    this.#kept.push(frame);
    let bytes = this.#kept.reduce((sum, it) => sum + it.bytes.length, 0);
    while (this.#kept.length > 1 && (this.#kept.length > KEPT_FRAMES || bytes > KEPT_BYTES)) {
      bytes -= this.#kept.shift()!.bytes.length;
    }
  }

  #fragment({ sequence, bytes, count }: Outgoing, index: number): Bytes {
    const payload = bytes.subarray(index * FRAGMENT_BYTES, (index + 1) * FRAGMENT_BYTES);
    const datagram = this.#writer.begin(
      DatagramType.fragment,
      FRAGMENT_HEADER + payload.length,
    );
    putFragment(datagram, HEADER_BYTES, { sequence, index, count, payload });
    return this.#writer.finish(datagram);
  }
}
