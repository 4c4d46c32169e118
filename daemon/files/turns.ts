import type { ProgressMeter } from "./progress.ts";

/** A transfer at work: what ends it, and how far it is. */
export interface AtWork {
  readonly stop: AbortController;
  readonly meter: ProgressMeter;
}

/** What {@link Turns} need to know. */
export interface TurnsOptions {
  /** How many may move at one time. */
  readonly most: () => number;
  /** Figures of a transfer; undefined when it is no more. */
  readonly meter: (id: string) => ProgressMeter | undefined;
  /** Carries a transfer on; it does not reject. */
  readonly work: (id: string, at: AtWork) => Promise<void>;
}

/** Whose turn it is: so many transfers move at one time, the others wait in the order they came. */
export class Turns {
  readonly #o: TurnsOptions;
  readonly #waiting = new Set<string>();
  readonly #moving = new Map<string, AtWork & { readonly over: Promise<void> }>();
  #closed = false;

  constructor(options: TurnsOptions) {
    this.#o = options;
  }

  /** These have their turn when it comes. */
  add(...ids: string[]): void {
    for (const id of ids) this.#waiting.add(id);
    this.#pump();
  }

  /** Begins at once, however many move; resolves when it is over. */
  async now(id: string, work: TurnsOptions["work"] = this.#o.work): Promise<void> {
    const meter = this.#o.meter(id);
    if (meter === undefined) return;
    const at: AtWork = { stop: new AbortController(), meter };
    const over = work(id, at);
    this.#moving.set(id, { ...at, over });
    await over;
    this.#moving.delete(id);
    this.#pump();
  }

  /** The one that moves under this id. */
  get(id: string): AtWork | undefined {
    return this.#moving.get(id);
  }

  /** Ends one, wherever it stands; resolves when nothing of it runs. */
  async stop(id: string): Promise<void> {
    this.#waiting.delete(id);
    const moving = this.#moving.get(id);
    moving?.stop.abort(new DOMException("stopped", "AbortError"));
    await moving?.over;
  }

  /** Ends all; nothing begins any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#moving.keys()].map((id) => this.stop(id)));
  }

  #pump(): void {
    for (const id of this.#waiting) {
      if (this.#closed || this.#moving.size >= this.#o.most()) return;
      this.#waiting.delete(id);
      void this.now(id);
    }
  }
}
