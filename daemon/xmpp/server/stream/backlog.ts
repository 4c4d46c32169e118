import { steadyNow } from "../../../base/mod.ts";
import type { Element } from "../../core/mod.ts";
import { TURN_MS, type Turns } from "./turns.ts";

/** What a stream does with what comes on it. */
export interface Worker {
  /** Most bytes that {@link Worker.read} takes at once; what comes is cut accordingly. */
  readonly piece: number;
  /** Reads bytes; the elements they complete are given to {@link Backlog.take}. */
  read(bytes: Uint8Array): void;
  /** Handles an element. @returns what the next one has to wait for */
  handle(element: Element): Promise<void> | undefined;
  /** While held, nothing more is to be read from the network. */
  hold(held: boolean): void;
  /** One of the above threw. */
  failed(error: unknown): void;
}

/**
 * What came on a stream and is not handled yet: bytes, and elements read from them. It is worked off
 * in order, one element after the other, for {@link TURN_MS} at a time; then it waits for its next
 * turn, and the network is not read meanwhile.
 */
export class Backlog {
  readonly #worker: Worker;
  readonly #turns: Turns;
  readonly #now: () => number;
  #bytes: Uint8Array[] = [];
  #elements: Element[] = [];
  /** An element is being worked on; what follows it is read, but not handled. */
  #busy = false;
  #scheduled = false;
  #until = -Infinity;
  #held = false;
  #closed = false;
  #onEmpty: (() => void) | undefined;
  readonly #goOn = () => {
    this.#scheduled = false;
    this.#begin();
  };

  /** @param now a steady clock, milliseconds */
  constructor(worker: Worker, turns: Turns, now: () => number = steadyNow) {
    this.#worker = worker;
    this.#turns = turns;
    this.#now = now;
  }

  /** Is there more than what is being worked on? */
  get waits(): boolean {
    return this.#elements.length > 0 || this.#bytes.length > 0;
  }

  /** Takes bytes of the network. */
  add(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#bytes.push(bytes);
    if (!this.#scheduled) this.#begin();
  }

  /**
   * Takes the next element, as the worker reads it.
   * @param atOnce even when the turn is over: how the bytes behind it are read depends on it
   */
  take(element: Element, atOnce = false): void {
    if (this.#closed) return;
    const over = !atOnce && this.#now() >= this.#until;
    const later = this.#busy || this.#elements.length > 0 || over;
    if (later) this.#elements.push(element);
    else this.#handle(element);
  }

  /** Nothing more will come: calls `done` when what came is handled, unless that must wait long. */
  finish(done: () => void): void {
    if (this.#closed || this.#busy || !this.waits) return done();
    const before = this.#onEmpty;
    this.#onEmpty = () => {
      before?.();
      done();
    };
  }

  /** Nothing more is handled. */
  close(): void {
    this.#closed = true;
    this.#bytes = [];
    this.#elements = [];
    this.#turns.cancel(this.#goOn);
    this.#scheduled = false;
    this.#empty();
  }

  #begin(): void {
    this.#until = this.#now() + TURN_MS;
    this.#work();
  }

  #work(): void {
    try {
      while (this.#step() && this.#now() < this.#until);
    } catch (error) {
      this.#worker.failed(error);
    }
    if (this.#closed) return;
    const more = this.#bytes.length > 0 || (!this.#busy && this.#elements.length > 0);
    if (more) this.#schedule();
    this.#hold(more || this.#busy);
    if (!more && !this.#busy) this.#empty();
  }

  /** @returns whether there was something to do */
  #step(): boolean {
    if (this.#closed) return false;
    if (!this.#busy && this.#elements.length > 0) {
      this.#handle(this.#elements.shift()!);
      return true;
    }
    const bytes = this.#bytes.shift();
    if (bytes === undefined) return false;
    const { piece } = this.#worker;
    if (bytes.length > piece) this.#bytes.unshift(bytes.subarray(piece));
    this.#worker.read(bytes.subarray(0, piece));
    return true;
  }

  #handle(element: Element): void {
    const work = this.#worker.handle(element);
    if (work === undefined) return;
    this.#busy = true;
    this.#hold(true);
    work.then(() => this.#done(), (error) => this.#worker.failed(error));
  }

  /** What had to be waited for is over. */
  #done(): void {
    this.#busy = false;
    if (this.#closed) return;
    // Many short waits do not make the turn longer.
    if (this.waits && this.#now() >= this.#until) this.#schedule();
    else if (!this.#scheduled) this.#work();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#turns.next(this.#goOn);
  }

  #hold(held: boolean): void {
    if (held === this.#held || this.#closed) return;
    this.#held = held;
    this.#worker.hold(held);
  }

  #empty(): void {
    const done = this.#onEmpty;
    this.#onEmpty = undefined;
    done?.();
  }
}
