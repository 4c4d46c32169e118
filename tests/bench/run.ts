/**
 * `deno task bench NAME [--json] [--seconds N]`: runs `tests/bench/NAME_bench.ts` and prints its
 * figures, as a table or as one JSON object a line. A missed target is said, and is no failure: the
 * figures of a busy machine are not those of the program.
 * @module
 */
import { parseArgs } from "node:util";
import type { Bench, BenchLine } from "./bench.ts";

const here = new URL("./", import.meta.url);

function names(): string[] {
  return [...Deno.readDirSync(here)]
    .flatMap(({ name }) => /^(.+)_bench\.ts$/.exec(name)?.[1] ?? [])
    .toSorted();
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

/** A figure as a row for people. */
export function row(line: BenchLine): string {
  const verdict = line.ok === undefined ? "" : line.ok ? "ok" : "MISSED";
  return [
    line.case.padEnd(30),
    (line.peer === undefined ? line.metric : `${line.metric} (${line.peer})`).padEnd(28),
    `${line.value} ${line.unit}`.padStart(16),
    (line.target === undefined ? "" : `target ${line.target}`).padStart(16),
    verdict,
  ].join("  ").trimEnd();
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: { json: { type: "boolean", default: false }, seconds: { type: "string" } },
    allowPositionals: true,
  });
  const [name] = positionals;
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
  if (
    positionals.length !== 1 || !names().includes(name!) ||
    (seconds !== undefined && !(seconds > 0))
  ) {
    print(
      `usage: deno task bench NAME [--json] [--seconds N]; NAME is one of ${names().join(", ")}`,
    );
    Deno.exit(2);
  }
  const bench: Bench = await import(new URL(`${name}_bench.ts`, here).href);
  for await (const line of bench.run(seconds === undefined ? {} : { seconds })) {
    print(values.json ? JSON.stringify(line) : row(line));
  }
}
