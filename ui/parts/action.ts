/** One thing a person started and waits for: busy while it runs, its error as a sentence. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { ApiError } from "../api/client.ts";
import { sentence } from "../store/notices.ts";

export interface Action {
  busy: ReadonlySignal<boolean>;
  error: ReadonlySignal<string | null>;
  /** The code of that error, when the daemon refused. */
  code: ReadonlySignal<string | null>;
  /** Runs `work` unless another run goes on; true when it succeeded. */
  run(work: () => Promise<unknown>): Promise<boolean>;
}

export function useAction(): Action {
  const busy = useSignal(false);
  const error = useSignal<string | null>(null);
  const code = useSignal<string | null>(null);
  return {
    busy,
    error,
    code,
    async run(work) {
      if (busy.value) return false;
      busy.value = true;
      error.value = code.value = null;
      try {
        await work();
        return true;
      } catch (cause) {
        error.value = sentence(cause);
        code.value = cause instanceof ApiError ? cause.code : null;
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}
