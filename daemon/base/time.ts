/** Resolves after `ms`, or at once when `signal` aborts; it never rejects. Leaves no timer behind. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/**
 * Waiting times in ms for the tries of something that fails: doubling from `first` to `most`, each
 * with full jitter in its upper half, so that many clients do not come back at one moment.
 */
export class Backoff {
  #next: number;
  constructor(
    readonly first = 500,
    readonly most = 60_000,
    readonly random: () => number = Math.random,
  ) {
    this.#next = first;
  }
  next(): number {
    const ceiling = this.#next;
    this.#next = Math.min(this.#next * 2, this.most);
    return Math.round(ceiling * (0.5 + this.random() / 2));
  }
  reset(): void {
    this.#next = this.first;
  }
}

/** Monotonic wall-clock milliseconds (with fraction) since 1970, unmoved by clock changes. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}

let told = 0;

/** Now, in ms since 1970; each call later than the one before, so that it says what came first. */
export function orderedNow(): number {
  return told = Math.max(told + 1, Date.now());
}
