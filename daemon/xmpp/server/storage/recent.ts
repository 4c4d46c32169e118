/** What was asked for most recently, at most `most` of it; the rest must be looked up again. */
export class Recent<K, V> {
  readonly #most: number;
  readonly #entries = new Map<K, V>();

  constructor(most: number) {
    this.#most = most;
  }

  /** The value of `key`, from `look` when it is not remembered. */
  get(key: K, look: (key: K) => V): V {
    let value = this.#entries.get(key);
    // A Map keeps the order of insertion: what is asked for moves to its end.
    if (value !== undefined) this.#entries.delete(key);
    else value = look(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#most) this.#entries.delete(this.#entries.keys().next().value!);
    return value;
  }

  forget(key: K): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}
