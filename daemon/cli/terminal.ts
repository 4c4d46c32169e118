import { fromUtf8, SimppdError, utf8 } from "../base/mod.ts";
import { LineEditor } from "./line_editor.ts";
import type { Io } from "./verb.ts";

/** The most that is read from standard input, in bytes. */
const MOST = 64 * 1024;

/** Whoever read our output has gone, as `head` does: there is nothing to say, and nobody to say it to. */
export class OutputClosed extends Error {}

function write(to: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = utf8(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(to.writeSync(bytes));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
    throw error;
  }
}

async function readAll(): Promise<string> {
  const parts: number[] = [];
  for await (const chunk of Deno.stdin.readable) {
    parts.push(...chunk);
    if (parts.length > MOST) throw new SimppdError("bad-input", "Standard input is too long.");
  }
  return fromUtf8(Uint8Array.from(parts));
}

/** Reads a line key by key with the terminal's echo off. */
function typedUnseen(prompt: string): string {
  // Before it is asked for: what is typed at once would be shown otherwise.
  Deno.stdin.setRaw(true, { cbreak: true });
  try {
    write(Deno.stderr, prompt);
    const typed: number[] = [];
    const key = new Uint8Array(1);
    for (;;) {
      if (Deno.stdin.readSync(key) === null || key[0] === 0x0d || key[0] === 0x0a) break;
      if (key[0] === 0x7f || key[0] === 0x08) {
        // The last character: its UTF-8 continuation bytes, then its first.
        while (typed.length > 0 && (typed.pop()! & 0xc0) === 0x80);
      } else if (typed.length < MOST) typed.push(key[0]!);
    }
    return fromUtf8(Uint8Array.from(typed));
  } finally {
    Deno.stdin.setRaw(false);
    write(Deno.stderr, "\n");
  }
}

/** The line that is being typed, while there is one. */
let editor: LineEditor | undefined;

/** Lines as a person types them; what is printed meanwhile stands above them. */
async function* typedLines(signal: AbortSignal): AsyncGenerator<string> {
  editor = new LineEditor(signal);
  try {
    yield* editor.lines();
  } finally {
    editor.close();
    editor = undefined;
  }
}

/** Writes a line, above the one that is being typed. */
function print(to: { writeSync(bytes: Uint8Array): number }, line: string): void {
  const work = () => write(to, `${line}\n`);
  if (editor === undefined) work();
  else editor.above(work);
}

/** Lines of an input that is no terminal, or whose output is none. */
async function* linesOf(signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const { promise: aborted, resolve } = Promise.withResolvers<null>();
  if (signal.aborted) return;
  signal.addEventListener("abort", () => resolve(null), { once: true });
  let left = "";
  const chunk = new Uint8Array(4096);
  for (;;) {
    const read = await Promise.race([Deno.stdin.read(chunk), aborted]);
    if (read === null) break;
    const parts = (left + decoder.decode(chunk.subarray(0, read), { stream: true })).split(/\r?\n/);
    left = parts.pop()!;
    if (left.length > MOST) throw new SimppdError("bad-input", "A line is too long.");
    yield* parts;
  }
  if (left !== "" && !signal.aborted) yield left;
}

/** Lines of an input that is no terminal, not asked for yet. */
let lines: string[] | undefined;

/** The process's own input and output. */
export const terminal: Io = {
  out: (line) => print(Deno.stdout, line),
  err: (line) => print(Deno.stderr, line),
  async secret(prompt) {
    if (Deno.stdin.isTerminal()) return typedUnseen(prompt);
    lines ??= (await readAll()).split(/\r?\n/);
    return lines.shift() ?? "";
  },
  get typed() {
    return Deno.stdin.isTerminal();
  },
  confirm: (question) => Deno.stdin.isTerminal() ? confirm(question) : undefined,
  lines: (signal) =>
    Deno.stdin.isTerminal() && Deno.stdout.isTerminal() ? typedLines(signal) : linesOf(signal),
  rest: readAll,
};
