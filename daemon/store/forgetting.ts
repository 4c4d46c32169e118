import type { DatabaseSync } from "./database.ts";

/**
 * Makes the file forget what was deleted: SQLite zeroes deleted cells (`secure_delete`), but leaves
 * copies where it moved cells between pages, and old pages in the write-ahead log. The database is
 * written anew without them, and the log is cut to nothing.
 */
export function compact(db: DatabaseSync): void {
  // The copy that VACUUM makes on its way must not lie in a temporary file.
  db.exec("PRAGMA temp_store = MEMORY");
  try {
    db.exec("VACUUM");
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.exec("PRAGMA temp_store = DEFAULT");
  }
}
