import type { Socket } from "node:net";
import { fromUtf8, SimppdError, utf8 } from "../../base/mod.ts";

/** JSON values on a socket, one a line, bounded in bytes and in time. */
export class JsonLines {
  readonly #socket: Socket;
  readonly #most: number;
  #received: Uint8Array[] = [];
  #size = 0;
  #over = false;
  #wake: (() => void) | undefined;

  /** @param most bytes of one line */
  constructor(socket: Socket, most: number) {
    this.#socket = socket;
    this.#most = most;
    socket.on("data", (bytes: Uint8Array) => {
      this.#size += bytes.length;
      if (this.#size <= this.#most) this.#received.push(bytes);
      else {
        this.#received = [];
        socket.destroy();
      }
      this.#wake?.();
    });
    for (const event of ["end", "close", "error"] as const) {
      socket.on(event, () => {
        this.#over = true;
        this.#wake?.();
      });
    }
  }

  /** The next value. @throws SimppdError `no-answer` when none comes within `ms`, or no JSON */
  async read(ms: number): Promise<unknown> {
    const timer = setTimeout(() => this.#socket.destroy(), ms);
    try {
      for (;;) {
        const line = this.#line();
        if (line !== undefined) return JSON.parse(line);
        if (this.#over) throw new SimppdError("no-answer", "The connection was ended.");
        await new Promise<void>((wake) => this.#wake = wake);
      }
    } catch (error) {
      if (error instanceof SimppdError) throw error;
      throw new SimppdError("no-answer", "What was said is no JSON.", error);
    } finally {
      clearTimeout(timer);
      this.#wake = undefined;
    }
  }

  write(value: unknown): void {
    this.#socket.write(utf8(JSON.stringify(value) + "\n"));
  }

  /** Lets what was written leave, then ends. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #line(): string | undefined {
    if (!this.#received.at(-1)?.includes(0x0a)) return undefined;
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const each of this.#received) {
      all.set(each, at);
      at += each.length;
    }
    const end = all.indexOf(0x0a);
    const rest = all.subarray(end + 1);
    this.#received = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    return fromUtf8(all.subarray(0, end));
  }
}
