/** Does something for each key soon after it was asked for, and no more often than once in `every`. */
export class Seldom {
  readonly #every: number;
  readonly #work: (key: string) => void;
  readonly #due = new Map<string, ReturnType<typeof setTimeout>>();
  #closed = false;

  /** @param every ms */
  constructor(every: number, work: (key: string) => void) {
    this.#every = every;
    this.#work = work;
  }

  ask(key: string): void {
    if (this.#closed || this.#due.has(key)) return;
    this.#due.set(
      key,
      setTimeout(() => {
        this.#due.delete(key);
        this.#work(key);
      }, this.#every),
    );
  }

  /** What was asked for this key is not done any more. */
  drop(key: string): void {
    clearTimeout(this.#due.get(key));
    this.#due.delete(key);
  }

  /** Nothing is done from now on. */
  close(): void {
    this.#closed = true;
    for (const key of [...this.#due.keys()]) this.drop(key);
  }
}
