import { logOf, sleep } from "../../base/mod.ts";
import type { Transfer } from "../../files/mod.ts";

/** How long one waits whose sender was busy, in ms. */
const WAIT = 60_000;

/** Files whose sender was serving too many others: they are asked for again after a while. */
export class AgainLater {
  readonly #resume: (id: string) => Promise<unknown>;
  readonly #wait: number;
  readonly #waiting = new Set<string>();
  #waits = false;
  readonly #over = new AbortController();

  /** @param resume lets one go on; what it rejects with is passed over */
  constructor(resume: (id: string) => Promise<unknown>, wait = WAIT) {
    this.#resume = resume;
    this.#wait = wait;
  }

  /** Takes note of how a transfer stands now. */
  note({ id, mine, state, problem }: Transfer): void {
    const busy = !mine && state === "failed" && problem?.code === "peer-busy";
    if (!busy) return void this.#waiting.delete(id);
    this.#waiting.add(id);
    if (!this.#waits) void this.#later();
  }

  close(): void {
    this.#over.abort();
  }

  /** One timer for all: who came later waits less. */
  async #later(): Promise<void> {
    this.#waits = true;
    await sleep(this.#wait, this.#over.signal);
    this.#waits = false;
    if (this.#over.signal.aborted) return;
    const ids = [...this.#waiting];
    this.#waiting.clear();
    for (const id of ids) {
      await this.#resume(id).catch((error) =>
        logOf("files").info("a file is not asked for again: {error}", { error })
      );
    }
  }
}
