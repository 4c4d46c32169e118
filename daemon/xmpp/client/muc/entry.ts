import { SimppdError } from "../../../base/mod.ts";
import type { Jid } from "../../core/mod.ts";

const ENTER_TIMEOUT_MS = 20_000;

/** One try to enter a room, until the room answers or time is over. */
export class Entry {
  /** Resolves to whether the room was made by it. */
  readonly done: Promise<boolean>;
  readonly #settle: PromiseWithResolvers<boolean>;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(room: Jid, timeoutMs: number = ENTER_TIMEOUT_MS) {
    this.#settle = Promise.withResolvers();
    this.done = this.#settle.promise;
    // Whoever fails it need not wait for it.
    this.done.catch(() => {});
    this.#timer = setTimeout(() => {
      const seconds = Math.round(timeoutMs / 1000);
      this.fail(new SimppdError("timeout", `${room} did not answer within ${seconds} s.`));
    }, timeoutMs);
  }

  succeed(made: boolean): void {
    this.#settle.resolve(made);
  }

  fail(error: Error): void {
    this.#settle.reject(error);
  }

  /** Leaves no timer behind. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
