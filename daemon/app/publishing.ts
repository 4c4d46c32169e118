import { logOf, publicError, sleep } from "../base/mod.ts";
import type { Simpp } from "../simpp/mod.ts";
import type { Problem } from "../views/mod.ts";
import type { XmppClient } from "../xmpp/client/mod.ts";

/** Keys that are due are renewed in a connection that lasts: it is looked at so often, in ms. */
const EVERY = 12 * 3_600_000;

/** Keeps our keys published: after each login, and from time to time while a connection lasts. */
export class Publishing {
  readonly #simpp: Pick<Simpp, "publish">;
  readonly #changed: () => void;
  readonly #every: number;
  #problem: Problem | null = null;

  /**
   * @param changed called when {@link problem} became another
   * @param every milliseconds from one publication to the next
   */
  constructor(simpp: Pick<Simpp, "publish">, changed: () => void, every = EVERY) {
    this.#simpp = simpp;
    this.#changed = changed;
    this.#every = every;
  }

  /** Why nobody can start writing to us; null while the keys are published. */
  get problem(): Problem | null {
    return this.#problem;
  }

  /** Publishes over this connection; whoever waits for it to be online waits for the keys too. */
  attach(client: XmppClient): void {
    client.hooks.online(async (_, signal) => {
      await this.#publish();
      void this.#again(signal);
    });
  }

  /** Again and again, so that prekeys of a week do not grow old; `signal` ends it. */
  async #again(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#every, signal);
      if (signal.aborted) return;
      await this.#publish();
    }
  }

  async #publish(): Promise<void> {
    const before = this.#problem;
    try {
      await this.#simpp.publish();
      this.#problem = null;
    } catch (error) {
      logOf("app").error("keys not published: {error}", { error });
      const why = publicError(error).message;
      this.#problem = {
        code: "keys-not-published",
        message: `Your keys could not be published, so nobody can start writing to you: ${why}`,
      };
    }
    if (before?.message !== this.#problem?.message) this.#changed();
  }
}
