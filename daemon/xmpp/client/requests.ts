import { SimppdError } from "../../base/mod.ts";
import { type Element, Jid, StanzaError } from "../core/mod.ts";

/** Requests that wait for an answer at one time. */
const MAX_WAITING = 1_000;

interface Waiting {
  /** `from` of the answer; `undefined` stands for our own account. */
  readonly to: Jid | undefined;
  readonly resolve: (result: Element) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/**
 * Our iqs that wait for an answer. An answer counts only from the address that was asked: an id
 * alone can be guessed or seen by others (RFC 6120 section 8.1.3).
 */
export class Requests {
  #waiting = new Map<string, Waiting>();

  /** Waits for the answer to the iq `id` sent to `to`. */
  wait(id: string, to: Jid | undefined, timeoutMs: number): Promise<Element> {
    if (this.#waiting.size >= MAX_WAITING) {
      throw new SimppdError("send-queue-full", `${MAX_WAITING} requests wait for answers already.`);
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(
          new SimppdError(
            "timeout",
            `${to ?? "The server"} did not answer within ${Math.round(timeoutMs / 1000)} s.`,
          ),
        );
      }, timeoutMs);
      this.#waiting.set(id, { to, resolve, reject, timer });
    });
  }

  /** @returns whether `iq`, of type result or error, answers one of ours */
  settle(iq: Element, own: Jid): boolean {
    const id = iq.attrs.id ?? "";
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return false;
    const from = Jid.tryParse(iq.attrs.from);
    const asked = waiting.to ?? own.bare();
    if (from === undefined || !from.equals(asked)) return false;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (iq.attrs.type === "result") waiting.resolve(iq);
    else waiting.reject(StanzaError.fromElement(iq));
    return true;
  }

  /** The iq could not be sent after all. */
  forget(id: string): void {
    clearTimeout(this.#waiting.get(id)?.timer);
    this.#waiting.delete(id);
  }

  /** The connection ended: no answer will come. */
  rejectAll(error: Error): void {
    for (const { timer, reject } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
  }
}
