/** Called once: did the client show that it has what was written before? */
export type Confirmed = (came: boolean) => void;

interface Waiting {
  /** Stanzas that were written to the client up to and including what is waited for. */
  readonly written: number;
  readonly size: number;
  readonly done: Confirmed;
}

/** What was written to one client and is not known to have come, in the order it was written. */
export class Confirmations {
  /** Stanzas written to the client since its session began. */
  written = 0;
  readonly #mostBytes: number;
  #waiting: Waiting[] = [];
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  /**
   * Waits for all that was written so far. Nobody may make us remember more than so many bytes: past
   * them the oldest is forgotten, its `done` is never called.
   * @param size bytes that are remembered for it; with 0 it is never forgotten
   */
  add(size: number, done: Confirmed): void {
    this.#waiting.push({ written: this.written, size, done });
    this.#bytes += size;
    while (this.#bytes > this.#mostBytes) {
      const oldest = this.#waiting.findIndex((waiting) => waiting.size > 0);
      if (oldest < 0 || oldest === this.#waiting.length - 1) return;
      this.#bytes -= this.#waiting.splice(oldest, 1)[0]!.size;
    }
  }

  /** The first `written` stanzas have come. @throws what a `done` threw, when all were told */
  confirm(written: number): void {
    let count = 0;
    while (count < this.#waiting.length && this.#waiting[count]!.written <= written) count++;
    if (count > 0) this.#tell(this.#waiting.splice(0, count), true);
  }

  /** Nothing more will be confirmed. @throws what a `done` threw, when all were told */
  end(): void {
    this.#tell(this.#waiting.splice(0), false);
  }

  /** One that cannot be told keeps none of the others from it. */
  #tell(waiting: readonly Waiting[], came: boolean): void {
    let failure: { error: unknown } | undefined;
    for (const { size, done } of waiting) {
      this.#bytes -= size;
      try {
        done(came);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}
