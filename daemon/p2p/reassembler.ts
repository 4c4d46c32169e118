import type { Bytes } from "../base/mod.ts";
import { type Fragment, FRAGMENT_BYTES, MAX_NACK_INDICES, type Missing } from "./fragments.ts";

/** Frames being put together at one time. */
export const MAX_ASSEMBLIES = 4;
/** A frame of which nothing came for this long is given up, ms. */
export const FRAME_DEADLINE = 500;
/** How long a gap or a silence lasts before it is asked about, ms: reordering heals by itself. */
export const NACK_DELAY = 5;

/** The third ask and later ones come slower, up to this: a repair may be queued behind others. */
const SLOWEST_ASKS = 4;

/** A frame on its way together. Kept and used again, so that a hostile peer makes no garbage. */
class Assembly {
  sequence = 0;
  /** 0 while no fragment of it has come. */
  count = 0;
  got = new Uint8Array(0);
  have = 0;
  highest = -1;
  length = 0;
  buffer: Bytes = new Uint8Array(0);
  lastAt = 0;
  gapSince = Infinity;
  /** A newer frame has begun: whatever is missing was sent already. */
  over = false;
  asks = 0;
  askedAt = 0;

  reset(sequence: number, now: number): void {
    this.sequence = sequence;
    this.count =
      this.have =
      this.length =
      this.asks =
      this.askedAt =
        0;
    this.highest = -1;
    this.lastAt = now;
    this.gapSince = Infinity;
    this.over = false;
  }

  begin(count: number): void {
    this.count = count;
    if (this.got.length < count) this.got = new Uint8Array(count);
    else this.got.fill(0, 0, count);
    const size = count * FRAGMENT_BYTES;
    if (this.buffer.length < size) this.buffer = new Uint8Array(size);
  }

  /** @returns false when it contradicts what came before */
  put({ index, count, payload }: Fragment, now: number): boolean {
    if (this.count === 0) this.begin(count);
    else if (this.count !== count) return false;
    if (this.got[index] === 1) return true;
    this.got[index] = 1;
    this.have++;
    this.buffer.set(payload, index * FRAGMENT_BYTES);
    this.length += payload.length;
    this.lastAt = now;
    if (index > this.highest + 1 && this.gapSince === Infinity) this.gapSince = now;
    this.highest = Math.max(this.highest, index);
    return true;
  }

  dueAt(retryMs: number): number {
    if (this.asks > 0) {
      return this.askedAt + retryMs * Math.max(1, Math.min(this.asks - 1, SLOWEST_ASKS));
    }
    return Math.min(this.gapSince, this.lastAt) + NACK_DELAY;
  }

  missing(now: number): number[] {
    // While it still comes in, what lies past the highest piece is not missing but on its way.
    const quiet = this.over || now - this.lastAt >= NACK_DELAY;
    const end = quiet ? this.count : this.highest;
    const out: number[] = [];
    for (let i = 0; i < end && out.length < MAX_NACK_INDICES; i++) {
      if (this.got[i] !== 1) out.push(i);
    }
    return out;
  }
}

/**
 * Puts fragments together to frames; the newest whole frame wins, older ones are given up with it.
 * Memory is bounded: {@link MAX_ASSEMBLIES} buffers, each as large as the largest frame at most.
 */
export class Reassembler {
  #assemblies: Assembly[] = []; // oldest first
  #spare: Assembly[] = [];
  #delivered = -1;
  #newest = -1;

  /** Frames put together. */
  received = 0;
  /** Frames that a newer one overtook before they were whole. */
  dropped = 0;

  /**
   * @returns the frame that became whole; "malformed" when the fragment contradicts an earlier one
   */
  accept(
    fragment: Fragment,
    now: number,
  ): { sequence: number; bytes: Bytes } | "malformed" | undefined {
    const { sequence } = fragment;
    if (sequence <= this.#delivered) return undefined;
    if (sequence > this.#newest) this.#advance(sequence, now);
    const assembly = this.#assemblies.find((it) => it.sequence === sequence) ??
      this.#open(sequence, now);
    if (assembly === undefined) return undefined;
    if (!assembly.put(fragment, now)) return "malformed";
    if (assembly.have < assembly.count) return undefined;
    const bytes = assembly.buffer.slice(0, assembly.length);
    this.received++;
    this.dropped += sequence - this.#delivered - 1;
    this.#delivered = sequence;
    while (this.#assemblies.length > 0 && this.#assemblies[0]!.sequence <= sequence) {
      this.#spare.push(this.#assemblies.shift()!);
    }
    return { sequence, bytes };
  }

  /** When {@link missing} has something to say next, in the clock's ms; Infinity: never. */
  nextDue(retryMs: number): number {
    let due = Infinity;
    for (const assembly of this.#assemblies) due = Math.min(due, assembly.dueAt(retryMs));
    return due;
  }

  /**
   * What to ask for now, a frame at most once in `retryMs`; gives up frames past their deadline.
   */
  missing(now: number, retryMs: number): Missing[] {
    const out: Missing[] = [];
    for (const assembly of [...this.#assemblies]) {
      if (now - assembly.lastAt > FRAME_DEADLINE) {
        this.#assemblies.splice(this.#assemblies.indexOf(assembly), 1);
        this.#spare.push(assembly);
        continue;
      }
      if (assembly.dueAt(retryMs) > now) continue;
      const indices = assembly.missing(now);
      if (indices.length === 0 && assembly.count > 0) {
        // What was asked for has come, and the rest is still on its way.
        assembly.asks = 0;
        assembly.gapSince = Infinity;
        continue;
      }
      assembly.asks++;
      assembly.askedAt = now;
      out.push({ sequence: assembly.sequence, indices });
    }
    return out;
  }

  /** A newer frame has begun: the ones before it must be whole or lost, the skipped ones too. */
  #advance(sequence: number, now: number): void {
    for (const assembly of this.#assemblies) {
      assembly.over = true;
      assembly.gapSince = Math.min(assembly.gapSince, now);
    }
    const from = Math.max(this.#newest, this.#delivered, sequence - MAX_ASSEMBLIES) + 1;
    for (let skipped = from; skipped < sequence; skipped++) {
      const assembly = this.#open(skipped, now);
      if (assembly === undefined) continue;
      assembly.over = true;
      assembly.gapSince = now;
    }
    this.#newest = sequence;
  }

  #open(sequence: number, now: number): Assembly | undefined {
    if (this.#assemblies.length === MAX_ASSEMBLIES) {
      if (this.#assemblies[0]!.sequence > sequence) return undefined;
      this.#spare.push(this.#assemblies.shift()!);
    }
    const assembly = this.#spare.pop() ?? new Assembly();
    assembly.reset(sequence, now);
    const after = this.#assemblies.findIndex((it) => it.sequence > sequence);
    this.#assemblies.splice(after === -1 ? this.#assemblies.length : after, 0, assembly);
    return assembly;
  }
}
