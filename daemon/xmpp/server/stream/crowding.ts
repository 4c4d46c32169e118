import { type Crowdable, CROWDED, FULL } from "../crowdable.ts";

/** How much waits to be taken by the other side, in bytes, and how much may. */
export interface OutQueue {
  readonly waiting: number;
  readonly most: number;
}

/** How full the queue of a connection is, and who waits until it has room. */
export class Crowding implements Crowdable {
  readonly #queue: () => OutQueue;
  /** Called when the queue is half empty again, or it ended. */
  readonly #onRoom = new Set<() => void>();
  #stalled = false;
  #over = false;

  constructor(queue: () => OutQueue) {
    this.#queue = queue;
  }

  get crowded(): boolean {
    const { waiting, most } = this.#queue();
    return !this.#over && waiting > CROWDED * most;
  }

  /** So much waits, or for so long, that nothing of others should be added. */
  get full(): boolean {
    const { waiting, most } = this.#queue();
    return this.#stalled || waiting > FULL * most;
  }

  /**
   * Resolves once no more than half of the queue waits, it ended, or `ms` are over; after those it
   * counts as full until it has room.
   */
  room(ms: number): Promise<void> {
    if (!this.crowded) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#onRoom.delete(done);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#stalled = true;
        done();
      }, ms);
      this.#onRoom.add(done);
    });
  }

  /** Something was taken. @returns whether there is room */
  taken(): boolean {
    if (this.crowded) return false;
    this.#stalled = false;
    for (const done of [...this.#onRoom]) done();
    return true;
  }

  /** Nothing is added any more: nobody waits. */
  end(): void {
    this.#over = true;
    this.taken();
  }
}
