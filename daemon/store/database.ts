import { DatabaseSync, type StatementSync } from "node:sqlite";
import { SimppdError } from "../base/mod.ts";

export type { DatabaseSync };

/** SQL, or what else takes a database from one version to the next; in a transaction. */
export type Migration = string | ((db: DatabaseSync) => void);

/** Keeps what it compiled: the same few statements run with every message. */
class Database extends DatabaseSync {
  readonly #statements = new Map<string, StatementSync>();

  override prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, statement = super.prepare(sql));
    return statement;
  }

  override close(): void {
    this.#statements.clear();
    super.close();
  }
}

/**
 * Opens a SQLite database and brings its schema up to date. `migrations[i]` is what takes
 * version `i` to `i + 1` (`PRAGMA user_version`); each runs in a transaction of its own.
 *
 * @throws SimppdError `schema-newer` when a newer simppd wrote the file; nothing is changed then
 */
export function openDatabase(path: string, migrations: readonly Migration[]): DatabaseSync {
  if (path !== ":memory:") keepPrivate(path);
  const db = new Database(path);
  try {
    // What is deleted is overwritten with zeros.
    db.exec("PRAGMA busy_timeout = 5000; PRAGMA secure_delete = ON");
    const row = db.prepare("PRAGMA user_version").get() as { user_version: number };
    if (row.user_version > migrations.length) {
      throw new SimppdError(
        "schema-newer",
        `${path} was written by a newer simppd (schema ${row.user_version}, this one knows ` +
          `${migrations.length}). Start that newer version, or choose another --state directory.`,
      );
    }
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
    for (let version = row.user_version; version < migrations.length; version++) {
      transaction(db, () => {
        const migration = migrations[version]!;
        if (typeof migration === "string") db.exec(migration);
        else migration(db);
        db.exec(`PRAGMA user_version = ${version + 1}`);
      });
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Nobody else may read the file; SQLite gives its log the same mode. */
function keepPrivate(path: string): void {
  try {
    // Only one that is not there is opened: closing it would give up SQLite's locks on the other.
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  if (Deno.build.os === "windows") return;
  for (const name of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      Deno.chmodSync(name, 0o600);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Runs `work` in one transaction: all of it is stored, or nothing when it throws. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/** {@link transaction} for work that waits. Nothing else may use the database meanwhile. */
export async function longTransaction<T>(db: DatabaseSync, work: () => Promise<T>): Promise<T> {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = await work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}
