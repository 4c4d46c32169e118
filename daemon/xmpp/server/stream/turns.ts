import { steadyNow } from "../../../base/mod.ts";

/** How long one stream is worked on while others may wait. */
export const TURN_MS = 8;

/**
 * Lets streams go on one after the other, and the network be heard in between: what one of them sent
 * at once is no reason for others to wait until all of it is done.
 */
export class Turns {
  readonly #waiting = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `work` goes on after those that wait already, and after what came from the network meanwhile. */
  next(work: () => void): void {
    this.#waiting.add(work);
    // Not setImmediate(): the runtime hears of the network only now and then while one is due.
    this.#timer ??= setTimeout(() => this.#run(), 0);
  }

  /** `work` does not go on. */
  cancel(work: () => void): void {
    this.#waiting.delete(work);
    if (this.#waiting.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #run(): void {
    const until = steadyNow() + TURN_MS;
    this.#timer = undefined;
    for (const work of [...this.#waiting]) {
      // One that ran may have cancelled it.
      if (this.#waiting.delete(work)) work();
      if (steadyNow() >= until) break;
    }
    if (this.#waiting.size > 0) this.#timer ??= setTimeout(() => this.#run(), 0);
  }
}
