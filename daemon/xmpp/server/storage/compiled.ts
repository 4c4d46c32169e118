import type { Compilable, Kysely } from "kysely";
import { SimppdError } from "../../../base/mod.ts";
import type { Tables } from "./tables.ts";

/** What both databases can be handed. */
export type Value = string | number | bigint | Uint8Array | null;

/** SQL with `?` for each parameter, and how to fill them. */
export interface Compiled {
  readonly sql: string;
  /** @throws SimppdError `bad-text` */
  bind(args: readonly unknown[]): Value[];
}

/** Stands for an argument while a query is built. */
class Placeholder {
  constructor(readonly index: number) {}
}

/** Builds and compiles a query once; see `Database.prepare`. */
export function compile<Args extends unknown[]>(
  q: Kysely<Tables>,
  build: (q: Kysely<Tables>, ...args: Args) => Compilable<unknown>,
): Compiled {
  const placeholders = Array.from({ length: build.length - 1 }, (_, i) => new Placeholder(i));
  const { sql, parameters } = build(q, ...placeholders as unknown as Args).compile();
  /** Index of the argument, or the constant. */
  const slots = parameters.map((parameter) =>
    parameter instanceof Placeholder
      ? { index: parameter.index, constant: null }
      : { index: -1, constant: valueOf(parameter) }
  );
  return {
    sql,
    bind: (args) => slots.map(({ index, constant }) => index < 0 ? constant : valueOf(args[index])),
  };
}

function valueOf(value: unknown): Value {
  switch (typeof value) {
    case "string":
      if (value.includes("\0") || !value.isWellFormed()) {
        throw new SimppdError("bad-text", "A text with U+0000 or half a character cannot be kept.");
      }
      return value;
    case "number":
    case "bigint":
      return value;
    case "boolean":
      return value ? 1 : 0;
    default:
      if (value === null || value instanceof Uint8Array) return value;
      throw new TypeError(`a ${typeof value} cannot be kept in a database`);
  }
}
