import process from "node:process";
import {
  clearScreenDown,
  createInterface,
  cursorTo,
  type Interface,
  moveCursor,
} from "node:readline";

/** Bytes of one line, at most. */
const MOST = 64 * 1024;

/**
 * A line that a person types at a terminal, while other lines are printed above it. The terminal's
 * own editing would tear it apart; here it is drawn again below what was printed.
 */
export class LineEditor {
  readonly #rl: Interface;
  readonly #lines: string[] = [];
  #wake = Promise.withResolvers<void>();
  #ended = false;

  /** Reads keys from now on. @param signal ends it */
  constructor(signal: AbortSignal) {
    this.#rl = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      prompt: "",
      historySize: 100,
    });
    this.#rl.on("line", (line) => {
      if (this.#lines.length < 1_000) this.#lines.push(line.slice(0, MOST));
      this.#wake.resolve();
    });
    // Keys that a terminal would turn into signals arrive here.
    this.#rl.on("SIGINT", () => this.close());
    this.#rl.on("SIGTSTP", () => {});
    this.#rl.on("close", () => {
      this.#ended = true;
      process.stdin.pause();
      this.#wake.resolve();
    });
    if (signal.aborted) this.close();
    else signal.addEventListener("abort", () => this.close(), { once: true });
  }

  /** Prints above the line that is being typed. @param print writes whole lines */
  above(print: () => void): void {
    if (this.#ended) return print();
    const { rows } = this.#rl.getCursorPos();
    moveCursor(process.stdout, 0, -rows);
    cursorTo(process.stdout, 0);
    clearScreenDown(process.stdout);
    print();
    // It goes up again by as many rows as the line had before the cursor, and draws it there.
    process.stdout.write("\n".repeat(rows));
    this.#rl.prompt(true);
  }

  /** What is typed, line by line, until the end of input, an interrupt or {@link close}. */
  async *lines(): AsyncGenerator<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) yield line;
      else if (this.#ended) return;
      else {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
      }
    }
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.#ended) return;
    // What follows begins a line of its own.
    if (this.#rl.line !== "") process.stdout.write("\n");
    this.#rl.close();
  }
}
