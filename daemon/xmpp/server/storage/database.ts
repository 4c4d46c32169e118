import type { Compilable, Kysely } from "kysely";
import { SimppdError } from "../../../base/mod.ts";
import type { Tables } from "./tables.ts";

/** A statement that was compiled once and is run with the arguments it was prepared for. */
export interface Statement<Args extends readonly unknown[], Row> {
  /** The first row. */
  get(...args: Args): Row | undefined;
  all(...args: Args): Row[];
  /** @returns how many rows were inserted, found by an update, or deleted; of upserts no meaning */
  run(...args: Args): { changes: number };
  /** Runs once for each, inserts in few round trips. Call inside a transaction. */
  runEach(all: readonly Args[]): void;
}

/**
 * A database that answers at once: what a stanza checks and writes is one step, nothing comes
 * between. Texts are compared byte by byte, blobs come as `Uint8Array`, counts and flags as numbers.
 *
 * All of it throws SimppdError `database-full` and `database-unavailable`, and `bad-text` for a text
 * with U+0000 or half a surrogate pair, which databases do not keep as it is.
 */
export interface Database {
  readonly dialect: "sqlite" | "mysql";
  /** How many statements were run since it was opened. */
  readonly executed: number;
  /**
   * Compiles the query that `build` makes. Its parameters after the first stand for the arguments of
   * {@link Statement}, in their order; each may be used more than once. `build` runs once, with
   * placeholders: it must hand them on and not look at them.
   *
   * ```ts ignore
   * const inviter = db.prepare((q, token: Bytes, now: number) =>
   *   q.selectFrom("invitation").select("inviter")
   *     .where("token_hash", "=", token).where("expires", ">", now)
   * );
   * inviter.get(hash, Date.now())?.inviter;
   * ```
   */
  prepare<Args extends unknown[], Row>(
    build: (q: Kysely<Tables>, ...args: Args) => Compilable<Row>,
  ): Statement<Args, Row>;
  /** All of `work` is stored, or nothing when it throws. Not to be nested. */
  transaction<T>(work: () => T): T;
  /**
   * Calls `forget` when what is remembered may not be true: a transaction was undone, or another
   * process wrote.
   */
  onRollback(forget: () => void): void;
  /** Looks whether another process wrote, an administrator's for one. To be called now and then. */
  refresh(): void;
  close(): void;
}

/** Does `error` say that the database cannot do anything just now, whatever was asked of it? */
export function isDatabaseTrouble(error: unknown): boolean {
  return error instanceof SimppdError &&
    (error.code === "database-full" || error.code === "database-unavailable");
}
