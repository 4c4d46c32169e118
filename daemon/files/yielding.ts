import { sleep } from "../base/mod.ts";

/** What a file may take of the line while a call stands, bytes a second: an eighth of a picture. */
export const YIELDING_RATE = 128 * 1_024;
/** How soon a call's end is noticed, ms. */
const LOOK_EVERY = 250;

/** Holds bytes back while something more urgent is under way. */
export class Yielding {
  readonly #isUrgent: () => boolean;
  readonly #rate: number;

  /** @param isUrgent whether bytes are to be held back now */
  constructor(isUrgent: () => boolean, rate = YIELDING_RATE) {
    this.#isUrgent = isUrgent;
    this.#rate = rate;
  }

  /** Resolves when the next bytes may follow these; at once when nothing is urgent. */
  async passed(bytes: number, signal: AbortSignal): Promise<void> {
    let left = bytes / this.#rate * 1_000;
    while (left > 0 && this.#isUrgent() && !signal.aborted) {
      await sleep(Math.min(left, LOOK_EVERY), signal);
      left -= LOOK_EVERY;
    }
  }
}
