import { steadyNow } from "../../base/mod.ts";

/** Bytes of messages that may be on their way to the room. */
const FIRST_WINDOW = 98_304;
const MAX_WINDOW = 524_288;
/** Bytes of a file in one message; base64 makes four thirds of it. */
const SMALLEST = 8_192;
const FIRST = 24_576;
const LARGEST = 98_304;
/** An echo that comes sooner speeds up, one that comes later slows down. */
const SOON_MS = 300;
const LATE_MS = 1_500;
/** An echo that did not come by now does not come. */
const LOST_MS = 60_000;
/** Between two messages after the first refusal, and the most that further ones make of it. */
const FIRST_INTERVAL_MS = 50;
const MAX_INTERVAL_MS = 2_000;
/** How long a refusal silences us. */
const REFUSED_MS = 500;
const REMEMBERED = 64;

interface Flying {
  readonly bytes: number;
  readonly at: number;
}

/**
 * How fast we may say things in one room. Nobody tells: our own words, which the room sends back to
 * us as well, show how long they wait; a server that refuses says that it was too much. Common to
 * all files that go to the room.
 */
export class Pace {
  readonly #flying = new Map<string, Flying>();
  #flyingBytes = 0;
  /** Said to one alone lately: a refusal may come of it. */
  readonly #whispers = new Set<string>();
  #window = FIRST_WINDOW;
  #message = FIRST;
  /** Between two messages, ms; 0 while nothing was refused. */
  #interval = 0;
  #next = 0;

  /** Bytes of the file that the next message should carry. */
  get messageBytes(): number {
    return this.#message;
  }

  /** Ms until one more may be said; `undefined`: not before an echo. */
  wait(now = steadyNow()): number | undefined {
    for (const [id, { at }] of this.#flying) {
      if (now - at < LOST_MS) break;
      this.#land(id);
      this.#slower();
    }
    if (this.#flyingBytes >= this.#window) return undefined;
    return Math.max(0, this.#next - now);
  }

  /** Is something on its way to the room and back? */
  get flying(): boolean {
    return this.#flying.size > 0;
  }

  /** Something was said to all. */
  sent(id: string, bytes: number, now = steadyNow()): void {
    this.#flying.set(id, { bytes, at: now });
    this.#flyingBytes += bytes;
    this.#next = Math.max(this.#next, now) + this.#interval;
  }

  /** Something was said to one alone, of which no echo comes. */
  whispered(id: string, now = steadyNow()): void {
    this.#whispers.add(id);
    if (this.#whispers.size > REMEMBERED) {
      this.#whispers.delete(this.#whispers.values().next().value!);
    }
    this.#next = Math.max(this.#next, now) + this.#interval;
  }

  /** Our own words came back. */
  echoed(id: string, now = steadyNow()): void {
    const flying = this.#land(id);
    if (flying === undefined) return;
    const took = now - flying.at;
    if (took > LATE_MS) return this.#slower();
    if (took > SOON_MS) return;
    this.#window = Math.min(MAX_WINDOW, this.#window + flying.bytes);
    this.#message = Math.min(LARGEST, this.#message + SMALLEST);
    // Carefully: the server refused this once.
    this.#interval *= 0.98;
    if (this.#interval < 5) this.#interval = 0;
  }

  /**
   * A message was refused, "too much at once".
   * @returns was it one of ours?
   */
  refused(id: string, now = steadyNow()): boolean {
    if (this.#land(id) === undefined && !this.#whispers.delete(id)) return false;
    // Those sent with it are refused with it: they count as one.
    if (this.#next - now > this.#interval) return true;
    this.#interval = Math.min(MAX_INTERVAL_MS, Math.max(FIRST_INTERVAL_MS, 1.5 * this.#interval));
    this.#next = now + REFUSED_MS + this.#interval;
    return true;
  }

  /** We are out of the room: nothing comes back. */
  reset(): void {
    this.#flying.clear();
    this.#flyingBytes = 0;
    this.#window = FIRST_WINDOW;
  }

  #land(id: string): Flying | undefined {
    const flying = this.#flying.get(id);
    if (flying === undefined) return undefined;
    this.#flying.delete(id);
    this.#flyingBytes -= flying.bytes;
    return flying;
  }

  #slower(): void {
    // Many small messages are no remedy: they are what is counted first.
    if (this.#window > this.#message) this.#window = Math.max(this.#message, this.#window >> 1);
    else this.#message = this.#window = Math.max(SMALLEST, this.#message >> 1);
  }
}
