import {
  type Compilable,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { SimppdError } from "../../../base/mod.ts";
import { type DatabaseSync, openDatabase } from "../../../store/mod.ts";
import { compile } from "./compiled.ts";
import type { Database, Statement } from "./database.ts";
import { Health } from "./health.ts";
import { MIGRATIONS } from "./schema.ts";
import type { Tables } from "./tables.ts";

/** SQLITE_FULL and SQLITE_IOERR, the low byte of extended result codes (sqlite.org/rescode.html). */
const SQLITE_FULL = { code: 13, text: "database or disk is full" };
const SQLITE_IOERR = { code: 10, text: "disk I/O error" };

/** The server's storage in one SQLite file. */
export class SqliteDatabase implements Database {
  readonly dialect = "sqlite";
  executed = 0;
  readonly #db: DatabaseSync;
  readonly #q = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  readonly #forget: (() => void)[] = [];
  readonly #health = new Health();
  /** Changes when another connection has written (sqlite.org/pragma.html#pragma_data_version). */
  readonly #version;
  #seen: number | undefined;

  /** @param path a file, or `:memory:`. @throws SimppdError `schema-newer` */
  constructor(path: string) {
    this.#db = openDatabase(path, MIGRATIONS.map(({ sqlite }) => sqlite));
    this.#version = this.#db.prepare("PRAGMA data_version");
    this.refresh();
  }

  prepare<Args extends unknown[], Row>(
    build: (q: Kysely<Tables>, ...args: Args) => Compilable<Row>,
  ): Statement<Args, Row> {
    const { sql, bind } = compile(this.#q, build);
    const statement = this.#db.prepare(sql);
    return {
      get: (...args) => this.#run(() => statement.get(...bind(args)) as Row | undefined),
      all: (...args) => this.#run(() => statement.all(...bind(args)) as Row[]),
      run: (...args) =>
        this.#run(() => ({ changes: Number(statement.run(...bind(args)).changes) })),
      runEach: (all) => {
        for (const args of all) this.#run(() => statement.run(...bind(args)));
      },
    };
  }

  transaction<T>(work: () => T): T {
    this.#run(() => this.#db.exec("BEGIN IMMEDIATE"));
    try {
      const result = work();
      this.#run(() => this.#db.exec("COMMIT"));
      return result;
    } catch (error) {
      // Some errors, such as a full disk, have undone it already.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      for (const forget of this.#forget) forget();
      throw error;
    }
  }

  onRollback(forget: () => void): void {
    this.#forget.push(forget);
  }

  refresh(): void {
    const { data_version } = this.#run(() => this.#version.get()) as { data_version: number };
    if (data_version === this.#seen) return;
    this.#seen = data_version;
    for (const forget of this.#forget) forget();
  }

  close(): void {
    this.#db.close();
  }

  #run<T>(work: () => T): T {
    this.executed++;
    try {
      const result = work();
      this.#health.worked();
      return result;
    } catch (error) {
      throw this.#health.failed(readable(error));
    }
  }
}

function readable(error: unknown): Error {
  const { errcode = 0, message } = error as Error & { errcode?: number };
  // Errors of exec(), a COMMIT's for one, come without their code.
  const is = ({ code, text }: typeof SQLITE_FULL) => (errcode & 0xff) === code || message === text;
  if (is(SQLITE_FULL)) {
    return new SimppdError(
      "database-full",
      "The server's database cannot grow: the disk is full. Make room; nothing was lost.",
      error,
    );
  }
  if (is(SQLITE_IOERR)) {
    return new SimppdError(
      "database-unavailable",
      "The server's database cannot be read or written. Look after the disk it is on.",
      error,
    );
  }
  return error as Error;
}
