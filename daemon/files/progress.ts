import type { TransferProgress } from "./transfer.ts";

/** How often people are told, and over how long a rate is taken. */
const TELL_MS = 200;
const WINDOW_MS = 3_000;

/** Turns the bytes of one transfer, which come often, into figures for people, which come seldom. */
export class ProgressMeter {
  readonly #id: string;
  readonly #total: number;
  readonly #tell: (progress: TransferProgress) => void;
  readonly #now: () => number;
  #samples: { at: number; bytes: number }[] = [];
  #toldAt = -Infinity;
  #bytes = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    id: string,
    total: number,
    tell: (progress: TransferProgress) => void,
    now: () => number,
  ) {
    this.#id = id;
    this.#total = total;
    this.#tell = tell;
    this.#now = now;
  }

  /**
   * @param bytes from the beginning of the file; fewer than before when it began anew, 0 when nobody
   * takes it at the moment, which is told at once
   */
  moved(bytes: number): void {
    const now = this.#now();
    if (bytes < this.#bytes) this.#samples = [];
    this.#bytes = bytes;
    const soon = now - this.#toldAt < TELL_MS;
    if (soon && bytes > 0 && bytes < this.#total) return;
    this.#toldAt = now;
    this.#samples.push({ at: now, bytes });
    while (this.#samples.length > 2 && this.#samples[1]!.at < now - WINDOW_MS) {
      this.#samples.shift();
    }
    this.#tell(this.view);
  }

  get view(): TransferProgress {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    const [ms, bytes] = first && last ? [last.at - first.at, last.bytes - first.bytes] : [0, 0];
    const rate = ms > 0 ? Math.round(bytes / ms * 1000) : 0;
    return { id: this.#id, bytes: this.#bytes, total: this.#total, rate };
  }
}
