import type { ParseArgsOptionsConfig } from "node:util";

/** What a verb gets: already parsed by its own options. */
export interface Invocation {
  /** Words after the verb. */
  words: readonly string[];
  options: Readonly<Record<string, string | boolean | string[] | undefined>>;
  json: boolean;
  /** The state directory, absolute. */
  state: string;
  io: Io;
}

/** Where the command line reads and writes. */
export interface Io {
  /** A line on standard output. */
  out(line: string): void;
  /** A line on standard error. */
  err(line: string): void;
  /** One line from standard input; typed without echo when it is a terminal. */
  secret(prompt: string): Promise<string>;
  /** Whether {@link secret} is typed by somebody, who may mistype it. */
  readonly typed?: boolean;
  /** A yes or no from who sits at the terminal; undefined where nobody does. */
  confirm?(question: string): boolean | undefined;
  /** Lines of standard input as they come, until it ends or `signal` aborts. */
  lines?(signal: AbortSignal): AsyncIterable<string>;
  /** All of standard input. */
  rest(): Promise<string>;
}

/** What a verb found: as JSON for scripts, as text for people. */
export interface Answer {
  value: unknown;
  text: string;
  /** The exit code, 0 unless told. */
  code?: number;
}

/** One word of the command line. */
export interface Verb {
  name: string;
  /** One line for `simppd help`. */
  summary: string;
  /** The forms it takes, a line each, without `simppd`. */
  usage: readonly string[];
  options: ParseArgsOptionsConfig;
  /** @returns what to print; null when it printed all by itself */
  run(invocation: Invocation): Promise<Answer | null>;
}

/** The words were not understood: exit code 2, and the right usage. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The string value of an option; undefined when it is not given. */
export function text(invocation: Invocation, name: string): string | undefined {
  const value = invocation.options[name];
  return typeof value === "string" ? value : undefined;
}

/** The string values of an option that may be repeated. */
export function texts(invocation: Invocation, name: string): string[] {
  const value = invocation.options[name];
  return Array.isArray(value) ? value : [];
}

/** Checks words parted by commas. @throws UsageError naming one that is not among `known` */
export function eachOf(invocation: Invocation, name: string, known: readonly string[]): void {
  const wrong = text(invocation, name)?.split(",").find((word) => !known.includes(word));
  if (wrong === undefined) return;
  throw new UsageError(`--${name} takes ${known.join(", ")}, parted by commas, not "${wrong}"`);
}

/** A whole number from an option. @throws UsageError when it is something else */
export function whole(
  invocation: Invocation,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const value = text(invocation, name);
  if (value === undefined) return undefined;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, not "${value}"`);
}

/** Exactly these words. @throws UsageError naming what is missing or too much */
export function expectWords(words: readonly string[], ...names: readonly string[]): string[] {
  const missing = names[words.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const extra = words[names.length];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many`);
  return [...words];
}
