import { SimppdError } from "../base/mod.ts";
import { type DatabaseSync, transaction } from "./database.ts";

/** The tables in which contacts are named. */
const TABLES = [
  "messages",
  "contacts",
  "pictures",
  "trust",
  "sessions",
  "bundles",
  "rooms",
  "room_messages",
  "groups",
  "group_members",
  "group_epochs",
  "group_persons",
  "transfers",
];

/**
 * Makes the file forget what was deleted. SQLite zeroes deleted cells and freed pages
 * (`secure_delete`), but copies stay where it moved cells between pages, and old pages in the
 * write-ahead log: so the tables are emptied and filled again, and the log is cut to nothing.
 * (VACUUM would do it, but needs ATTACH, which is closed to a program without all rights.)
 *
 * @throws SimppdError `busy` when another program reads the database; then call it again
 */
export function compact(db: DatabaseSync): void {
  db.exec("PRAGMA temp_store = MEMORY");
  transaction(db, () => {
    for (const table of TABLES) {
      db.exec(`CREATE TEMP TABLE kept AS SELECT * FROM main.${table}`);
      db.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} SELECT * FROM kept`);
      db.exec("DROP TABLE kept");
    }
  });
  const { busy } = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() as { busy: number };
  if (busy === 0) return;
  throw new SimppdError(
    "busy",
    "Another program reads simppd's database, so that parts of what was deleted are still in its " +
      "log. End that program, then delete once more.",
  );
}
