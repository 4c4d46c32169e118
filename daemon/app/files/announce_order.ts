import { sleep } from "../../base/mod.ts";

/** How long one that can be had waits for those that set out before it, in ms. */
const PATIENCE = 30_000;

interface OnItsWay {
  readonly id: string;
  readonly left: PromiseWithResolvers<void>;
}

/**
 * Tells of one's own files in the order in which they were sent, though small ones are whole at the
 * server first. A large one does not hold up others for long.
 */
export class AnnounceOrder {
  readonly #patience: number;
  readonly #places = new Map<string, OnItsWay[]>();

  constructor(patience = PATIENCE) {
    this.#patience = patience;
  }

  /** A file sets out to a contact or group; without effect when it has already. */
  enter(place: string, id: string): void {
    const queue = this.#places.get(place) ?? [];
    this.#places.set(place, queue);
    if (queue.some((one) => one.id === id)) return;
    queue.push({ id, left: Promise.withResolvers() });
  }

  /** It was told of, or will not be for now: nobody waits for it. */
  leave(place: string, id: string): void {
    const queue = this.#places.get(place);
    const at = queue?.findIndex((one) => one.id === id) ?? -1;
    if (queue === undefined || at < 0) return;
    const [gone] = queue.splice(at, 1);
    if (queue.length === 0) this.#places.delete(place);
    gone!.left.resolve();
  }

  /** Resolves when its turn to be told of has come. @throws the reason of `signal` */
  async turn(place: string, id: string, signal: AbortSignal): Promise<void> {
    const queue = this.#places.get(place) ?? [];
    const before = queue.slice(0, Math.max(0, queue.findIndex((one) => one.id === id)));
    if (before.length === 0) return;
    const over = new AbortController();
    const late = sleep(this.#patience, AbortSignal.any([signal, over.signal])).then(() => true);
    const left = Promise.all(before.map((one) => one.left.promise)).then(() => false);
    const passed = await Promise.race([late, left]);
    over.abort();
    signal.throwIfAborted();
    // Those behind do not wait for the slow one all over again.
    if (passed) before.forEach((one) => this.leave(place, one.id));
  }
}
