import { type InsertQueryBuilder, sql } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

type Column<T extends keyof Tables> = keyof Tables[T] & string;

/**
 * Makes an insert write over the row that has the same key: its columns `set` take the values of the
 * insert; with none of them it is left as it is.
 * @param key columns of the table's primary key
 */
export function upsert<T extends keyof Tables, O>(
  { dialect }: Pick<Database, "dialect">,
  insert: InsertQueryBuilder<Tables, T, O>,
  key: readonly Column<T>[],
  set: readonly Column<T>[],
): InsertQueryBuilder<Tables, T, O> {
  const assign = (columns: readonly string[], value: (column: string) => unknown) =>
    Object.fromEntries(columns.map((column) => [column, value(column)])) as never;
  if (dialect === "mysql") {
    // Not INSERT IGNORE: that would hide other errors too.
    return set.length === 0
      ? insert.onDuplicateKeyUpdate(assign([key[0]!], (column) => sql.ref(column)))
      : insert.onDuplicateKeyUpdate(assign(set, (column) => sql`values(${sql.ref(column)})`));
  }
  return insert.onConflict((conflict) => {
    const target = conflict.columns(key as never);
    return set.length === 0
      ? target.doNothing()
      : target.doUpdateSet(assign(set, (column) => sql.ref(`excluded.${column}`)));
  });
}
