import { logOf } from "../base/mod.ts";
import type { DatabaseSync } from "./database.ts";

/** What was changed or deleted stands in the log for so long at most, in ms. */
const EVERY = 5_000;

/**
 * Cuts SQLite's write-ahead log to nothing soon after it was written to. Ratchet states that were
 * stepped on from and one-time prekeys that were spent would stand in it otherwise, until a thousand
 * other pages were written: with the master key they open what was recorded on the network.
 */
export class LogCutter {
  readonly #db: DatabaseSync;
  readonly #timer: ReturnType<typeof setInterval>;
  #cutAt = -1;

  /** @param every milliseconds; while nothing is written, nothing is done */
  constructor(db: DatabaseSync, every = EVERY) {
    this.#db = db;
    this.#timer = setInterval(() => this.#cut(), every);
    Deno.unrefTimer(this.#timer);
  }

  #cut(): void {
    try {
      const row = this.#db.prepare("SELECT total_changes() AS n").get() as { n: number };
      if (row.n === this.#cutAt) return;
      const cut = this.#db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() as { busy: number };
      if (cut.busy === 0) this.#cutAt = row.n;
    } catch (error) {
      // In the middle of a long transaction it cannot be had; the next time it can.
      logOf("store").debug("the log is not cut yet: {error}", { error });
    }
  }

  /** Ends it; closing the database cuts the log for the last time. */
  close(): void {
    clearInterval(this.#timer);
  }
}
