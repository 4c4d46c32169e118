/** Without anybody looking for so long, in ms, the server is told that nobody is. */
const IDLE_AFTER = 180_000;

/** Whether somebody looks at this daemon: how many follow its events, and how long nobody has. */
export class Attention {
  readonly #changed: (active: boolean) => void;
  readonly #idleAfter: number;
  #watchers = 0;
  #active = true;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param changed called at each change of {@link active} */
  constructor(changed: (active: boolean) => void, idleAfter = IDLE_AFTER) {
    this.#changed = changed;
    this.#idleAfter = idleAfter;
    this.#wait();
  }

  /** True from the begin, and until nobody has looked for a while. */
  get active(): boolean {
    return this.#active;
  }

  /** Somebody looks until `signal` aborts. */
  watch(signal: AbortSignal): void {
    if (signal.aborted || this.#closed) return;
    this.#watchers++;
    clearTimeout(this.#timer);
    this.#set(true);
    signal.addEventListener("abort", () => {
      if (--this.#watchers === 0) this.#wait();
    }, { once: true });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    if (!this.#closed) this.#timer = setTimeout(() => this.#set(false), this.#idleAfter);
  }

  #set(active: boolean): void {
    if (this.#active === active) return;
    this.#active = active;
    this.#changed(active);
  }
}
