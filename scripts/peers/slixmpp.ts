import { installed } from "./process.ts";

/** Who a foreign client is, and where its server listens on 127.0.0.1. */
export interface PeerAccount {
  /** Bare or full. */
  readonly jid: string;
  readonly password: string;
  readonly port: number;
  readonly tls: "direct" | "starttls";
  /** The authority that signed the server's certificate. */
  readonly caPem: string;
}

/** What slixmpp was told by the server: `event` says what, the rest how. */
export interface SlixmppEvent {
  /**
   * `started`, `resumed`, `disconnected`, `message`, `overheard` (in a room, without a body),
   * `carbon`, `presence`, `roster`, `published` or `bytes`.
   */
  readonly event: string;
  readonly from?: string;
  readonly to?: string;
  readonly type?: string;
  readonly body?: string;
  readonly subject?: string;
  readonly status?: string;
  /** Of what was overheard: all of it. */
  readonly xml?: string;
  /** Of a carbon: `sent` or `received`. */
  readonly way?: string;
  /** Of a roster push: JID to name and subscription. */
  readonly items?: Record<string, { name: string; subscription: string }>;
  /** Of items that were published: their node and ids. */
  readonly node?: string;
  readonly ids?: readonly string[];
}

interface Answer {
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Debian's own Python, which its packages belong to. */
const PYTHON = "/usr/bin/python3";
const MODULE = "/usr/lib/python3/dist-packages/slixmpp";
const PATIENCE_MS = 10_000;

/** slixmpp in a process of its own, told what to do line by line (`slixmpp_driver.py`). */
export class Slixmpp {
  /** All events, the oldest first, until {@link until} takes one. */
  readonly events: SlixmppEvent[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #read: Promise<void>;
  readonly #errors: Promise<string>;
  #news = Promise.withResolvers<void>();
  #next = 1;

  private constructor(child: Deno.ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.#stdin = child.stdin.getWriter();
    this.#read = this.#readLines();
    this.#errors = new Response(child.stderr).text();
  }

  static installed(): boolean {
    try {
      return installed("python3") && Deno.statSync(MODULE).isDirectory;
    } catch {
      return false;
    }
  }

  /** Starts it; `request("connect")` is what logs in. */
  static async start(account: PeerAccount): Promise<Slixmpp> {
    const folder = await Deno.makeTempDir({ prefix: "slixmpp-" });
    const ca = `${folder}/ca.pem`;
    await Deno.writeTextFile(ca, account.caPem);
    const { jid, password, port, tls } = account;
    const driver = new URL("./slixmpp_driver.py", import.meta.url).pathname;
    const told = JSON.stringify({ jid, password, host: "127.0.0.1", port, tls, ca });
    const child = new Deno.Command(PYTHON, {
      args: [driver, told],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new Slixmpp(child, folder);
  }

  /**
   * Does one of the driver's `do_…`.
   * @returns its value
   * @throws Error with the condition of the server's refusal, or what went wrong
   */
  async request<T = unknown>(what: string, args: Record<string, unknown> = {}): Promise<T> {
    const id = this.#next++;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    const line = JSON.stringify({ id, do: what, ...args });
    await this.#stdin.write(new TextEncoder().encode(line + "\n"));
    return await answer.promise as T;
  }

  /** Takes the first event that fits, those that came before among them. */
  async until(fits: (event: SlixmppEvent) => boolean, what: string): Promise<SlixmppEvent> {
    const deadline = performance.now() + PATIENCE_MS;
    while (true) {
      const at = this.events.findIndex(fits);
      if (at >= 0) return this.events.splice(at, 1)[0]!;
      const left = deadline - performance.now();
      if (left <= 0) {
        throw new Error(`slixmpp waited for ${what} in vain; came: ${JSON.stringify(this.events)}`);
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => timer = setTimeout(resolve, left));
      await Promise.race([this.#news.promise, late]);
      clearTimeout(timer);
    }
  }

  /** Ends the stream and the process. @returns what it complained of */
  async stop(): Promise<string> {
    await this.#stdin.close().catch(() => {});
    const late = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE_MS);
    await this.#child.status;
    clearTimeout(late);
    await this.#read;
    await Deno.remove(this.#folder, { recursive: true });
    return await this.#errors;
  }

  async #readLines(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#take(JSON.parse(line));
    }
    for (const { reject } of this.#waiting.values()) {
      reject(new Error(`slixmpp ended: ${await this.#errors}`));
    }
    this.#waiting.clear();
  }

  #take(line: Answer & SlixmppEvent): void {
    if (line.id === undefined || line.event !== undefined) {
      this.events.push(line);
      const { resolve } = this.#news;
      this.#news = Promise.withResolvers();
      return resolve();
    }
    const answer = this.#waiting.get(line.id);
    this.#waiting.delete(line.id);
    if (line.error === undefined) answer?.resolve(line.value);
    else answer?.reject(new Error(line.error));
  }
}
