/** One thing a person started and waits for: busy while it runs, its error as a sentence. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { sentence } from "../store/notices.ts";

export interface Action {
  busy: ReadonlySignal<boolean>;
  error: ReadonlySignal<string | null>;
  /** Runs `work` unless another run goes on; true when it succeeded. */
  run(work: () => Promise<unknown>): Promise<boolean>;
}

export function useAction(): Action {
  const busy = useSignal(false);
  const error = useSignal<string | null>(null);
  return {
    busy,
    error,
    async run(work) {
      if (busy.value) return false;
      busy.value = true;
      error.value = null;
      try {
        await work();
        return true;
      } catch (cause) {
        error.value = sentence(cause);
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}
