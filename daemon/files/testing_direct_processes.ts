import type { StreamKind } from "../p2p/mod.ts";
import type { FromPeer, ToPeer } from "./testing_direct_peer.ts";

const SCRIPT = new URL("./testing_direct_peer.ts", import.meta.url).pathname;

/** Two devices in processes of their own, whose signals are carried between them here. */
export class PeerProcesses implements AsyncDisposable {
  readonly #peers = new Map<string, PeerProcess>();

  /** Starts a device, anew if it was killed. */
  start(jid: string, kind?: StreamKind): PeerProcess {
    const peer = new PeerProcess(jid, kind, (to, xml) =>
      this.#peers.get(to)?.tell({
        type: "signal",
        from: { jid, device: "only" },
        xml,
      }));
    this.#peers.set(jid, peer);
    return peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers.values()) await peer.kill();
  }
}

/** One of them. */
export class PeerProcess {
  /** What it said, but for signals. */
  readonly said: FromPeer[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #listening: Promise<void>;
  #heard = () => {};
  #killed = false;

  constructor(
    jid: string,
    kind: StreamKind | undefined,
    signal: (to: string, xml: string) => void,
  ) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--allow-all",
        "--v8-flags=--heap-growing-percent=10,--max-semi-space-size=4",
        SCRIPT,
        jid,
        ...(kind === undefined ? [] : [kind]),
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#listening = this.#listen(signal);
  }

  get pid(): number {
    return this.#process.pid;
  }

  tell(what: ToPeer): void {
    if (this.#killed) return;
    this.#writer.write(new TextEncoder().encode(`${JSON.stringify(what)}\n`)).catch(() => {});
  }

  /** Waits until it says something of this type. */
  async hear<T extends FromPeer["type"]>(type: T): Promise<Extract<FromPeer, { type: T }>> {
    for (;;) {
      const found = this.said.find((it) => it.type === type);
      if (found !== undefined) return found as Extract<FromPeer, { type: T }>;
      if (this.#killed) throw new Error(`killed before it said ${type}`);
      await new Promise<void>((resolve) => this.#heard = resolve);
    }
  }

  /** Ends it as the kernel would, without a goodbye. */
  async kill(): Promise<void> {
    if (this.#killed) return;
    this.#killed = true;
    this.#process.kill("SIGKILL");
    await this.#writer.abort().catch(() => {});
    await this.#process.status;
    await this.#listening;
    this.#heard();
  }

  async #listen(signal: (to: string, xml: string) => void): Promise<void> {
    let rest = "";
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const said: FromPeer = JSON.parse(line);
        if (said.type === "signal") signal(said.to.jid, said.xml);
        else this.said.push(said);
        this.#heard();
      }
    }
  }
}
