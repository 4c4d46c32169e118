import { DISPLAY_LIMITS } from "./limits.ts";

/** Runs something once after `ms`. @returns what keeps it from running */
export type After = (ms: number, run: () => void) => () => void;

const byTimer: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** What was shown too often for now: of each presenter and place the newest, until its time comes. */
export class HeldOffers<T> {
  readonly #held = new Map<string, { readonly offer: T; readonly stop: () => void }>();
  readonly #due: (offer: T) => void;
  readonly #after: After;

  constructor(due: (offer: T) => void, after: After = byTimer) {
    this.#due = due;
    this.#after = after;
  }

  /** Takes the place of what is held under this key. @param wait ms */
  keep(key: string, offer: T, wait: number): void {
    this.#drop(key);
    const [oldest] = this.#held.keys();
    if (this.#held.size >= DISPLAY_LIMITS.held && oldest !== undefined) this.#drop(oldest);
    const stop = this.#after(wait, () => {
      this.#held.delete(key);
      this.#due(offer);
    });
    this.#held.set(key, { offer, stop });
  }

  close(): void {
    for (const key of [...this.#held.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    this.#held.get(key)?.stop();
    this.#held.delete(key);
  }
}
