import assert from "node:assert/strict";
import { simppdCommand } from "./daemon.ts";

/** A verb of simppd that runs until it is told to end, as a process of its own. */
export class Running implements AsyncDisposable {
  /** What it said first, as `--json` has it. */
  // deno-lint-ignore no-explicit-any -- JSON, whatever the verb says
  readonly said: any;
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;
  #ended = false;

  private constructor(
    said: unknown,
    child: Deno.ChildProcess,
    output: ReadableStreamDefaultReader<string>,
  ) {
    this.said = said;
    this.#child = child;
    this.#output = output;
  }

  /** Waits for its first line. @throws Error when it ends before */
  static async start(...args: readonly string[]): Promise<Running> {
    const [program, ...words] = simppdCommand();
    const child = new Deno.Command(program!, {
      args: [...words, ...args, "--json"],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) {
        await child.status;
        throw new Error(`simppd ${args.join(" ")} ended: ${text}`);
      }
      text += value;
    }
    return new Running(JSON.parse(text), child, reader);
  }

  /** Ends it. @throws AssertionError when it was asked to end and did not end well */
  async end(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#child.kill(signal);
    await this.#output.cancel();
    const { code } = await this.#child.status;
    if (signal === "SIGTERM") assert.equal(code, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
