/**
 * One producer, many consumers, newest value wins: a consumer that is slow skips values and never
 * makes anything queue (docs/architecture.md "Frames flow one way").
 */
export class Broadcast<T> {
  #consumers = new Set<(value: T) => void>();
  #enders = new Set<() => void>();
  #ended = false;
  #latest: T | undefined;

  /** The last value published, for snapshots. */
  get latest(): T | undefined {
    return this.#latest;
  }
  /** How many consumers are reading. */
  get size(): number {
    return this.#consumers.size;
  }

  publish(value: T): void {
    if (this.#ended) return;
    this.#latest = value;
    for (const consumer of this.#consumers) consumer(value);
  }

  /** Ends every consumer's loop. */
  end(): void {
    this.#ended = true;
    for (const end of this.#enders) end();
  }

  /** Values from now on; ends with {@link end}, with `signal`, or when the loop is left. */
  async *subscribe(signal?: AbortSignal): AsyncGenerator<T, void, void> {
    let pending: { value: T } | undefined;
    let done = this.#ended || (signal?.aborted ?? false);
    let wake: (() => void) | undefined;
    const consumer = (value: T) => {
      pending = { value };
      wake?.();
    };
    const end = () => {
      done = true;
      wake?.();
    };
    this.#consumers.add(consumer);
    this.#enders.add(end);
    signal?.addEventListener("abort", end, { once: true });
    try {
      while (!done) {
        if (pending === undefined) {
          await new Promise<void>((resolve) => wake = resolve);
          wake = undefined;
          continue;
        }
        const { value } = pending;
        pending = undefined;
        yield value;
      }
    } finally {
      this.#consumers.delete(consumer);
      this.#enders.delete(end);
      signal?.removeEventListener("abort", end);
    }
  }
}
