import { Backoff, type Bytes, toHex } from "../base/mod.ts";
import type { Random } from "../crypto/mod.ts";
import { GroupError } from "./errors.ts";
import type { GroupAnswer } from "./answers.ts";
import { encodeRequest, type GroupRequest } from "./requests.ts";

/** A request without its head. */
export type Question = GroupRequest extends infer R
  ? R extends GroupRequest ? Omit<R, "request" | "group"> : never
  : never;

/** Runs something later. @returns what keeps it from running */
export type Schedule = (ms: number, work: () => void) => () => void;

const FIRST = 2_000;
const MOST = 15_000;
/** ms after which a key server that does not answer is taken for silent. */
const PATIENCE = 60_000;
const MOST_WAITING = 32;
/** Acts are asked on for so long, in ms, ever more seldom: their author need not come back to them. */
const [ACT_PATIENCE, MOST_OF_ACT] = [86_400_000, 600_000];
/** Acts that wait: they leave room for questions. */
const MOST_ACTS = 16;

/** Acts are asked anew when the key server is heard, in so many ms at most once. */
const CALM = 5_000;

interface Waiting {
  readonly isAct: boolean;
  /** Asks for the first time, and again and again. */
  begin(): void;
  /** Asks now, and soon again. */
  again(): void;
  settle(outcome: GroupAnswer | Error): void;
}

/**
 * Questions to the key server: each is sent again, the same, until it is answered; the key server
 * answers a repeated one as it did before, so nothing is done twice. Acts leave in their order, the
 * next when the one before is answered: one that overtook another would make it an old one.
 */
export class PendingRequests {
  readonly #group: string;
  readonly #send: (payload: Bytes) => Promise<void>;
  readonly #random: Random;
  readonly #schedule: Schedule;
  readonly #waiting = new Map<string, Waiting>();
  #cancelCalm: (() => void) | null = null;
  #closed = false;

  constructor(
    o: {
      group: string;
      send(payload: Bytes): Promise<void>;
      random: Random;
      schedule: Schedule;
    },
  ) {
    this.#group = o.group;
    this.#send = (payload) => o.send(payload);
    this.#random = o.random;
    this.#schedule = o.schedule;
  }

  /**
   * Asks until there is an answer.
   * @throws GroupError `key-server-silent` when none comes within a minute (of an act: a day), or the
   *   code of a refusal; the signal's reason when it aborts
   */
  ask(question: Question, signal?: AbortSignal): Promise<GroupAnswer> {
    signal?.throwIfAborted();
    const isAct = question.kind === "act";
    const acts = this.#acts().length;
    if (isAct ? acts >= MOST_ACTS : this.#waiting.size - acts >= MOST_WAITING) {
      return Promise.reject(silent());
    }
    const request = toHex(this.#random(16));
    const payload = encodeRequest({ ...question, request, group: this.#group } as GroupRequest);
    return new Promise((resolve, reject) => {
      const backoff = new Backoff(FIRST, isAct ? MOST_OF_ACT : MOST);
      const send = () => {
        this.#send(payload).catch(() => {}); // the next one may get through
        cancelNext = this.#schedule(backoff.next(), send);
      };
      const settle = (outcome: GroupAnswer | Error) => {
        if (!this.#waiting.delete(request)) return;
        cancelNext();
        cancelEnd();
        signal?.removeEventListener("abort", aborted);
        if (isAct && !this.#closed) this.#acts()[0]?.begin();
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const aborted = () => settle(abortReason(signal!));
      let begun = false;
      const begin = () => {
        if (begun) return;
        begun = true;
        send();
      };
      const again = () => {
        begun = true;
        cancelNext();
        backoff.reset();
        send();
      };
      this.#waiting.set(request, { isAct, begin, again, settle });
      let cancelNext = () => {};
      const patience = isAct ? ACT_PATIENCE : PATIENCE;
      const cancelEnd = this.#schedule(patience, () => settle(silent()));
      signal?.addEventListener("abort", aborted, { once: true });
      // Whoever acts now does not want to wait for what they wanted before.
      if (isAct && acts > 0) this.#acts()[0]!.again();
      else begin();
    });
  }

  /** The key server is there: what it is to do has waited long enough, and is not to grow old. */
  heard(): void {
    const [oldest] = this.#acts();
    if (oldest === undefined || this.#cancelCalm !== null) return;
    this.#cancelCalm = this.#schedule(CALM, () => this.#cancelCalm = null);
    oldest.again();
  }

  /** Acts that wait, in their order. */
  #acts(): Waiting[] {
    return [...this.#waiting.values()].filter(({ isAct }) => isAct);
  }

  /** @returns false for an answer that nobody waits for */
  answered(answer: GroupAnswer): boolean {
    const waiting = this.#waiting.get(answer.request);
    if (waiting === undefined) return false;
    if (answer.kind === "refused") waiting.settle(new RefusedError(answer.code, answer.message));
    else waiting.settle(answer);
    return true;
  }

  /** Ends all that wait. */
  close(): void {
    this.#closed = true;
    this.#cancelCalm?.();
    for (const { settle } of [...this.#waiting.values()]) settle(silent());
  }
}

/** The key server refused; `code` and sentence are its own, bounded. */
export class RefusedError extends GroupError {
  constructor(code: string, message: string) {
    const known = /^[a-z][a-z0-9-]{0,63}$/.test(code) ? code : "refused";
    const sentence = message.replace(/\p{C}/gu, " ").slice(0, 500);
    super(known as "not-allowed", sentence);
  }
}

function silent(): GroupError {
  return new GroupError(
    "key-server-silent",
    "The group's key server does not answer. It may be switched off; it is asked again when it is " +
      "heard from.",
  );
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException("ended", "AbortError");
}
