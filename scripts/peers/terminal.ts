/** How long a screen may take to show what is waited for. */
const PATIENCE_MS = 15_000;

/** A program in a terminal of its own: a tmux server on a private socket, ended with it. */
export class Terminal {
  readonly #socket: string;
  readonly #folder: string;

  private constructor(socket: string, folder: string) {
    this.#socket = socket;
    this.#folder = folder;
  }

  /**
   * Starts `command` in a screen of 160 by 50.
   * @param folder its home, removed by {@link stop}; the environment has nothing else of ours
   */
  static async start(command: string[], folder: string): Promise<Terminal> {
    const terminal = new Terminal(`${folder}/tmux`, folder);
    const env = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"]
      .map((name) => `${name}=${folder}`);
    await terminal.#tmux("new-session", "-d", "-x", "160", "-y", "50", "--", "env", "-i")(
      ...env,
      "PATH=/usr/local/bin:/usr/bin:/bin",
      "LANG=C.UTF-8",
      "TERM=screen",
      ...command,
    );
    return terminal;
  }

  /** Types a line and Enter. */
  async line(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", "--")(text);
    await this.#tmux("send-keys")("Enter");
  }

  /** The screen as it is now. */
  screen(): Promise<string> {
    return this.#tmux("capture-pane", "-p", "-J")();
  }

  /** Waits until the screen shows it. @returns the screen */
  async waitFor(text: string | RegExp): Promise<string> {
    const deadline = performance.now() + PATIENCE_MS;
    let screen = "";
    while (performance.now() < deadline) {
      screen = await this.screen();
      if (typeof text === "string" ? screen.includes(text) : text.test(screen)) return screen;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the terminal never showed ${text}:\n${screen}`);
  }

  async stop(): Promise<void> {
    // Its program gets a hangup, and the server ends with its last session.
    await this.#tmux("kill-server")().catch(() => {});
    await Deno.remove(this.#folder, { recursive: true });
  }

  #tmux(...before: string[]): (...args: string[]) => Promise<string> {
    return async (...args) => {
      const { success, stdout, stderr } = await new Deno.Command("tmux", {
        args: ["-S", this.#socket, "-f", "/dev/null", ...before, ...args],
        stdin: "null",
      }).output();
      const text = new TextDecoder().decode(stdout);
      if (success) return text;
      throw new Error(`tmux ${before[0]}: ${new TextDecoder().decode(stderr)}${text}`);
    };
  }
}
