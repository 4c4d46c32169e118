import { SimppdError } from "../base/mod.ts";
import type { Problem, RoomMessageView } from "../views/mod.ts";

/** A correction that the room did not repeat within this time, in ms, may never come. */
const WITHIN = 15_000;

/** Corrections of ours that were sent and that their rooms did not repeat yet, by their ids. */
export class RoomCorrections {
  readonly #waiting = new Map<string, PromiseWithResolvers<RoomMessageView>>();

  /**
   * Waits for one, which was not sent before.
   * @throws SimppdError `timeout`, `closed`, or why the room refused it
   */
  async wait(id: string): Promise<RoomMessageView> {
    const waiting = Promise.withResolvers<RoomMessageView>();
    this.#waiting.set(id, waiting);
    const timer = setTimeout(() => waiting.reject(late()), WITHIN);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  repeated(id: string, message: RoomMessageView): void {
    this.#waiting.get(id)?.resolve(message);
  }

  refused(id: string, { code, message }: Problem): void {
    this.#waiting.get(id)?.reject(new SimppdError(code, message));
  }

  close(): void {
    for (const { reject } of this.#waiting.values()) {
      reject(new SimppdError("closed", "simppd ends, and the room did not repeat the correction."));
    }
  }
}

function late(): SimppdError {
  return new SimppdError(
    "timeout",
    "The room did not repeat the correction in time; it is shown here should it still come.",
  );
}
