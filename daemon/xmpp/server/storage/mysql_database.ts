import {
  type Compilable,
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
} from "kysely";
import { SimppdError, toHex, utf8 } from "../../../base/mod.ts";
import { sha256 } from "../../../crypto/mod.ts";
import { compile, type Value } from "./compiled.ts";
import type { Database, Statement } from "./database.ts";
import { Health } from "./health.ts";
import { type MysqlTarget, readMysqlUrl } from "./location.ts";
import { MysqlBridge } from "./mysql_bridge.ts";
import type { MysqlFailure, MysqlResult } from "./mysql_worker.ts";
import { together } from "./multi_insert.ts";
import { MIGRATIONS } from "./schema.ts";
import type { Tables } from "./tables.ts";

/** Errors by which the database says that its disk is full (ER_DISK_FULL, ER_RECORD_FILE_FULL). */
const FULL = new Set([1021, 1114]);
/** And that another client is in the way (ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK). */
const LOCKED = new Set([1205, 1213]);
/** ER_DBACCESS_DENIED_ERROR, ER_ACCESS_DENIED_ERROR, ER_ACCESS_DENIED_NO_PASSWORD_ERROR. */
const DENIED = new Set([1044, 1045, 1698]);
/** ER_BAD_DB_ERROR. */
const NO_DATABASE = 1049;
/** Names of the database's own errors; their texts may say who the user is. */
const FROM_DATABASE = /^ER_/;

/**
 * The server's storage in a database of MariaDB or MySQL. A Worker holds the one connection; the
 * caller waits for it. A statement that takes too long, or a connection that is lost, fails what
 * runs; from then on everything fails at once until the Worker has a new connection.
 */
export class MysqlDatabase implements Database {
  readonly dialect = "mysql";
  executed = 0;
  readonly #target: MysqlTarget;
  readonly #bridge: MysqlBridge;
  readonly #health = new Health();
  readonly #q = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new MysqlAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new MysqlIntrospector(db),
      createQueryCompiler: () => new MysqlQueryCompiler(),
    },
  });
  readonly #forget: (() => void)[] = [];
  /** The connection of the transaction that runs. */
  #transaction: number | undefined;

  /**
   * Connects, and brings the schema up to date.
   * @throws SimppdError `bad-database`, `database-in-clear`, `database-in-use`,
   * `database-unavailable`, `schema-newer`
   */
  constructor(url: string) {
    this.#target = readMysqlUrl(url);
    this.#bridge = new MysqlBridge(this.#target, lockOf(this.#target));
    try {
      const opened = this.#bridge.ask({ kind: "open" });
      if (!opened.ok) throw this.#readable(opened.failure);
      this.#migrate();
    } catch (error) {
      this.#bridge.close();
      throw error;
    }
  }

  prepare<Args extends unknown[], Row>(
    build: (q: Kysely<Tables>, ...args: Args) => Compilable<Row>,
  ): Statement<Args, Row> {
    const { sql, bind } = compile(this.#q, build);
    const run = (args: Args) => this.#run("prepared", sql, bind(args));
    return {
      get: (...args) => run(args).rows[0] as Row | undefined,
      all: (...args) => run(args).rows as Row[],
      run: (...args) => ({ changes: run(args).changes }),
      runEach: (all) => {
        for (const many of together(sql, all.map(bind))) {
          this.#run("prepared", many.sql, many.args);
        }
      },
    };
  }

  transaction<T>(work: () => T): T {
    if (this.#transaction !== undefined) throw new Error("a transaction inside another one");
    this.#transaction = this.#run("plain", "START TRANSACTION").connection;
    try {
      const result = work();
      // Refused when the connection was lost meanwhile, even if `work` took no notice of that.
      this.#run("plain", "COMMIT");
      return result;
    } catch (error) {
      this.#undo();
      throw error;
    } finally {
      this.#transaction = undefined;
    }
  }

  onRollback(forget: () => void): void {
    this.#forget.push(forget);
  }

  /** Nothing to look for: while this server holds the lock nobody else does. */
  refresh(): void {}

  close(): void {
    this.#bridge.close();
  }

  #run(kind: "prepared" | "plain", sql: string, args: Value[] = []): MysqlResult {
    this.executed++;
    const answer = this.#bridge.ask({ kind, sql, args, connection: this.#transaction });
    if (!answer.ok) throw this.#health.failed(this.#readable(answer.failure));
    this.#health.worked();
    return answer.result;
  }

  #undo(): void {
    const connection = this.#transaction;
    const undone = this.#bridge.ask({ kind: "plain", sql: "ROLLBACK", args: [], connection });
    // Else the next transaction would commit this one.
    if (!undone.ok && undone.failure.kind !== "lost") this.#bridge.ask({ kind: "drop" });
    for (const forget of this.#forget) forget();
  }

  #migrate(): void {
    this.#run(
      "plain",
      `CREATE TABLE IF NOT EXISTS simppd_schema
        (id INT PRIMARY KEY, version INT NOT NULL, owner VARCHAR(64) NOT NULL) ENGINE=InnoDB`,
    );
    this.#run("plain", "INSERT IGNORE INTO simppd_schema VALUES (1, 0, '')");
    const [row] = this.#run("plain", "SELECT version, VERSION() AS product FROM simppd_schema")
      .rows as { version: number; product: string }[];
    const { version, product } = row!;
    if (version > MIGRATIONS.length) {
      throw new SimppdError(
        "schema-newer",
        `${this.#target.label} was written by a newer simppd (schema ${version}, this one knows ` +
          `${MIGRATIONS.length}). Start that newer version, or choose another database.`,
      );
    }
    // Exact: no two texts are equal that differ, not even by spaces at their end.
    const collation = /mariadb/i.test(product) ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
    const options = `ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARSET=utf8mb4 COLLATE=${collation}`;
    for (let next = version; next < MIGRATIONS.length; next++) {
      for (const sql of MIGRATIONS[next]!.mysql) {
        this.#run("plain", /^\s*CREATE TABLE/i.test(sql) ? `${sql} ${options}` : sql);
      }
      this.#run("plain", `UPDATE simppd_schema SET version = ${next + 1}`);
    }
    const owner = toHex(crypto.getRandomValues(new Uint8Array(16)));
    this.#run("prepared", "UPDATE simppd_schema SET owner = ?", [owner]);
    this.#bridge.ask({ kind: "own", owner });
  }

  /** Without credentials, and without anything that was to be stored. */
  #readable({ kind, code, errno, message }: MysqlFailure): Error {
    const { label } = this.#target;
    const cause = new Error(`${code} (${errno}) ${message}`);
    if (kind === "in-use") {
      return new SimppdError(
        "database-in-use",
        `Another server uses ${label}; stop that one, or give this one a database of its own.`,
        cause,
      );
    }
    if (FULL.has(errno)) {
      return new SimppdError("database-full", `${label} is full. Make room on its disk.`, cause);
    }
    if (DENIED.has(errno)) {
      return new SimppdError(
        "database-unavailable",
        `Access denied for user "${this.#target.user}" of ${label}. See that the password is right, ` +
          "and that this user may use that database.",
        cause,
      );
    }
    if (errno === NO_DATABASE) {
      return new SimppdError(
        "database-unavailable",
        `There is no database ${label}. Make it: CREATE DATABASE ${this.#target.database}.`,
        cause,
      );
    }
    if (kind === "lost" || LOCKED.has(errno)) {
      return new SimppdError(
        "database-unavailable",
        `The database ${label} cannot be used (${
          FROM_DATABASE.test(code) ? code : message
        }). See that it runs and lets this user in.`,
        cause,
      );
    }
    return cause;
  }
}

/** Names of locks have 64 characters at most. */
function lockOf({ database }: MysqlTarget): string {
  return `simppd.${toHex(sha256(utf8(database))).slice(0, 32)}`;
}
