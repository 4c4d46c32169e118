import type { DatabaseSync } from "../../store/mod.ts";

type Statement = ReturnType<DatabaseSync["prepare"]>;

/** Prepares each statement once: there are a few dozen, and they are run for every stanza. */
export class Statements {
  readonly #db: DatabaseSync;
  #prepared = new Map<string, Statement>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** The statement of `sql`, a constant text. */
  prepare(sql: string): Statement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) this.#prepared.set(sql, statement = this.#db.prepare(sql));
    return statement;
  }
}
