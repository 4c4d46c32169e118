import type { GroupEvent, IncidentKind, Refusal } from "./group_keys.ts";
import { refusalSentence } from "./refusals.ts";
import type { DataProcessor } from "./data_processor.ts";

const MOST_TOLD = 100;

/** What is told of a group's safety: each sentence once, so that who repeats it fills no chat. */
export class Incidents {
  readonly #emit: (event: GroupEvent) => void;
  readonly #processor: DataProcessor;
  readonly #told = new Set<string>();

  constructor(emit: (event: GroupEvent) => void, processor: DataProcessor) {
    this.#emit = emit;
    this.#processor = processor;
  }

  tell(kind: IncidentKind, sentence: string): void {
    const name = `${kind} ${sentence}`;
    if (this.#told.has(name)) return;
    if (this.#told.size >= MOST_TOLD) this.#told.clear();
    this.#told.add(name);
    this.#emit({ type: "incident", kind, sentence });
  }

  /** From now on everything is news again. */
  forget(): void {
    this.#told.clear();
  }

  /** Counts a refusal, and says it as what becomes of a payload. */
  refuse(cause: Refusal, from?: string): { type: "refused"; cause: Refusal; sentence: string } {
    this.#processor.count(cause);
    return { type: "refused", cause, sentence: refusalSentence(cause, from ? { from } : {}) };
  }

  /** Likewise for what came over the control channel. */
  refuseAloud(cause: Refusal, from?: string): void {
    this.#emit({ ...this.refuse(cause, from), origin: null });
  }

  otherKeyServer(): "other-key-server" {
    this.tell("other-key-server", refusalSentence("other-key-server"));
    return "other-key-server";
  }
}
