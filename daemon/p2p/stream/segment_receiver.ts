import { type Bytes, concat } from "../../base/mod.ts";
import { ReceivedNumbers } from "./received_numbers.ts";
import { type Acknowledgement, LAST_OFFSET, type Segment, SEGMENT_BYTES } from "./segments.ts";

/** Bytes of a stream a receiver keeps for its reader, and lets the sender send, at most. */
export const RECEIVE_WINDOW = 4 * 1_024 * 1_024;
/** Pieces it keeps at most, however short: each costs memory of its own. */
const MOST_PIECES = 4 * Math.ceil(RECEIVE_WINDOW / SEGMENT_BYTES);
/** Bytes one read gives at most. */
const READ_BYTES = 256 * 1_024;

/** What became of a segment. */
export type SegmentOutcome =
  | "taken"
  | "known" // it came before
  | "no-room" // as if it had been lost
  | "malformed"; // it cannot be: past the credit, past the end, or across a known border

/**
 * Puts the bytes of one stream in order, in bounded memory, and knows what to acknowledge. It keeps
 * no time and sends nothing.
 */
export class SegmentReceiver {
  readonly #numbers = new ReceivedNumbers();
  readonly #early = new Map<number, Uint8Array>();
  #ready: Uint8Array[] = [];
  #readyBytes = 0;
  #earlyBytes = 0;
  /** Up to where the bytes are in order. */
  #next = 0;
  #end: number | undefined;
  #newestAt = 0;
  #credit = 0;

  /** All bytes up to the end have come. */
  get complete(): boolean {
    return this.#end === this.#next;
  }

  /** All of them were read. */
  get drained(): boolean {
    return this.complete && this.#readyBytes === 0;
  }

  get readable(): boolean {
    return this.#readyBytes > 0;
  }

  /** Bytes of memory the stream holds. */
  get held(): number {
    return this.#readyBytes + this.#earlyBytes;
  }

  /** The credit that would be told now is so much above the one told last that it should be. */
  get creditIsDue(): boolean {
    return this.#next - this.#readyBytes + RECEIVE_WINDOW - this.#credit >= RECEIVE_WINDOW / 4;
  }

  /**
   * Notes the number of a valid datagram.
   * @returns whether it shows for the first time that another is missing
   */
  note(number: number, now: number): boolean {
    this.#newestAt = now;
    return this.#numbers.add(number);
  }

  /** Takes a segment; call {@link note} for its datagram unless there was no room. */
  take({ offset, last, payload }: Segment): SegmentOutcome {
    const end = offset + payload.length;
    if (end > this.#credit || this.#end !== undefined && end > this.#end) return "malformed";
    if (last) {
      if (this.#end !== undefined && this.#end !== end || end < this.#highest()) return "malformed";
      this.#end = end;
    }
    if (end <= this.#next || this.#early.has(offset)) return "known";
    if (offset < this.#next) return "malformed";
    if (this.held + payload.length > RECEIVE_WINDOW) return "no-room";
    if (this.#early.size + this.#ready.length >= MOST_PIECES) return "no-room";
    // A copy (slice() of a Buffer is none): the datagram's own memory is larger than what is in it.
    this.#early.set(offset, new Uint8Array(payload));
    this.#earlyBytes += payload.length;
    this.#order();
    return "taken";
  }

  /** The next bytes in order, at most 256 KiB; empty when none are there. */
  read(): Bytes {
    let length = 0;
    let count = 0;
    for (const piece of this.#ready) {
      if (count > 0 && length + piece.length > READ_BYTES) break;
      length += piece.length;
      count++;
    }
    this.#readyBytes -= length;
    return concat(...this.#ready.splice(0, count));
  }

  /** What to tell the sender now. */
  acknowledgement(now: number): Acknowledgement {
    this.#credit = Math.min(LAST_OFFSET, this.#next - this.#readyBytes + RECEIVE_WINDOW);
    return {
      credit: this.#credit,
      delayMs: Math.max(0, now - this.#newestAt),
      ranges: [...this.#numbers.ranges],
    };
  }

  #highest(): number {
    let highest = this.#next;
    for (const [offset, bytes] of this.#early) highest = Math.max(highest, offset + bytes.length);
    return highest;
  }

  #order(): void {
    for (let piece; (piece = this.#early.get(this.#next)) !== undefined;) {
      this.#early.delete(this.#next);
      this.#earlyBytes -= piece.length;
      this.#next += piece.length;
      this.#ready.push(piece);
      this.#readyBytes += piece.length;
    }
  }
}
