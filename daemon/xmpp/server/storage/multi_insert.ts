import type { Value } from "./compiled.ts";

/** Rows that go together; few sizes, for each is a statement of its own that the database prepares. */
const SIZES = [64, 8] as const;
/** Characters that go together at most: MariaDB takes 16 MB at once, a character is 3 bytes. */
const MOST_CHARACTERS = 4 << 20;

/** An `INSERT … VALUES (?, …)`, and what may stand behind it without parameters. */
const INSERT = /^(insert into [^?]+ values )(\(\?(?:, \?)*\))([^?]*)$/;

/** One statement to run, and what it is run with. */
export interface Run {
  readonly sql: string;
  readonly args: Value[];
}

/** Runs `sql` for each of `rows`: an insert of one row becomes inserts of many. */
export function* together(sql: string, rows: readonly Value[][]): Generator<Run> {
  const parts = INSERT.exec(sql);
  let next = 0;
  while (next < rows.length) {
    const size = parts === null
      ? 1
      : SIZES.find((most) => next + most <= rows.length && fits(rows, next, most)) ?? 1;
    const args = rows.slice(next, next + size).flat();
    next += size;
    if (size === 1) yield { sql, args };
    else {
      const [, head, tuple, tail] = parts!;
      yield { sql: head + Array(size).fill(tuple).join(", ") + tail, args };
    }
  }
}

function fits(rows: readonly Value[][], start: number, count: number): boolean {
  let characters = 0;
  for (let i = start; i < start + count; i++) {
    for (const value of rows[i]!) {
      if (typeof value === "string" || value instanceof Uint8Array) characters += value.length;
    }
  }
  return characters <= MOST_CHARACTERS;
}
