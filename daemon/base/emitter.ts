import { logOf } from "./log.ts";

/** A list of listeners for one kind of event. A listener's error never stops the others. */
export class Emitter<T> {
  #listeners = new Set<(event: T) => void>();

  /** @returns a function that stops listening; `signal` does the same */
  on(listener: (event: T) => void, signal?: AbortSignal): () => void {
    if (signal?.aborted) return () => {};
    this.#listeners.add(listener);
    const off = () => {
      this.#listeners.delete(listener);
      signal?.removeEventListener("abort", off);
    };
    signal?.addEventListener("abort", off, { once: true });
    return off;
  }

  emit(event: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        logOf("base").error("a listener failed: {error}", { error });
      }
    }
  }

  get size(): number {
    return this.#listeners.size;
  }
}
