/** Is this program in one of PATH's folders? */
export function installed(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A server that was started: it is ended by its own process id, and its folder goes with it. */
export class PeerProcess {
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #status: Promise<Deno.CommandStatus>;
  #exited = false;

  /** @param folder removed by {@link stop} */
  constructor(child: Deno.ChildProcess, folder: string) {
    this.#child = child;
    this.pid = child.pid;
    this.#folder = folder;
    this.#status = this.#child.status;
    this.#status.then(() => this.#exited = true);
  }

  /** Waits until all these ports take connections. @throws Error with the end of `log` */
  async listens(ports: Iterable<number>, log: string): Promise<void> {
    for (const port of ports) {
      if (await this.#listens(port)) continue;
      const text = await Deno.readTextFile(log).catch(() => "no log");
      await this.stop();
      throw new Error(`nothing listens on port ${port}:\n${text.slice(-3000)}`);
    }
  }

  async stop(): Promise<void> {
    if (!this.#exited) this.#child.kill("SIGTERM");
    const late = setTimeout(() => !this.#exited && this.#child.kill("SIGKILL"), 10_000);
    await this.#status;
    clearTimeout(late);
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #listens(port: number): Promise<boolean> {
    for (let tries = 0; tries < 400 && !this.#exited; tries++) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port })).close();
        return true;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return false;
  }
}
