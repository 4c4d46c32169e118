import { startMariadb } from "../../../../scripts/peers/mariadb.ts";
import { absent } from "../../../../tests/real_parts.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { Storage } from "./storage.ts";

/** A kind of database that tests run on. */
export interface TestDatabase {
  readonly kind: "sqlite" | "mariadb";
  /**
   * Makes a new, empty one.
   * @param directory given when it shall outlive its server: where a file of it may be
   * @returns where it is, as `ServerOptions.database` wants it
   */
  create(directory?: string): Promise<string>;
}

/** The storage at `location`, as a server with the limits of its own opens it. */
export function openStorage(location: string): Storage {
  const { archiveMessages, archiveBytes } = DEFAULT_LIMITS;
  return new Storage(location, { messages: archiveMessages, bytes: archiveBytes });
}

/** Runs SQL on the tests' MariaDB as its administrator. */
export async function administerMariadb(sql: string): Promise<string> {
  return await (await startMariadb())!.run(sql);
}

const SQLITE: TestDatabase = {
  kind: "sqlite",
  create: (directory) =>
    Promise.resolve(directory === undefined ? ":memory:" : `${directory}/server.db`),
};
const MARIADB: TestDatabase = {
  kind: "mariadb",
  create: async () => await (await startMariadb())!.createDatabase(),
};

let databases: readonly TestDatabase[] | undefined;

/**
 * The kinds there are on this machine. SQLite alone, with a word about it, where MariaDB is absent.
 * @throws Error in CI, when MariaDB is absent
 */
export function testDatabases(): readonly TestDatabase[] {
  return databases ??= absent("mariadbd") ? [SQLITE] : [SQLITE, MARIADB];
}

/** Runs `test` on each kind of database; an error says on which. */
export async function onDatabases(
  test: (database: TestDatabase) => Promise<void>,
): Promise<void> {
  for (const database of testDatabases()) {
    try {
      await test(database);
    } catch (error) {
      if (error instanceof Error) error.message = `on ${database.kind}: ${error.message}`;
      throw error;
    }
  }
}
