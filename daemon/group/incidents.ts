import type { GroupEvent, IncidentKind, Refusal } from "./group_keys.ts";
import { refusalSentence } from "./refusals.ts";
import type { DataProcessor } from "./data_processor.ts";

const MOST_TOLD = 100;
/** What is told of one change: the next one that is like it is news again. */
const OF_CHANGE: readonly IncidentKind[] = [
  "unsigned",
  "unproved",
  "key-changed",
  "restored",
  "strange-device",
];

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

  /** The group changed: what is told of changes is news again, though it be in the same words. */
  changed(): void {
    this.forget(OF_CHANGE);
  }

  /** From now on these are news again; everything when none are named. */
  forget(kinds?: readonly IncidentKind[]): void {
    for (const name of this.#told) {
      if (kinds?.every((kind) => !name.startsWith(`${kind} `)) !== true) this.#told.delete(name);
    }
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
