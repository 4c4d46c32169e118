/** Runs works that share a key one after another, in the order they came. */
export class KeyedLock {
  #tails = new Map<string, Promise<unknown>>();

  /** @returns what `work` returns, or its rejection; neither holds up the next one */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(work, work);
    const tail = result.catch(() => {});
    this.#tails.set(key, tail);
    tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    return result;
  }
}
