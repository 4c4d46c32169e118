import { join } from "node:path";
import { logOf, SimppdError } from "../../base/mod.ts";
import type { OtherViewer } from "./displays.ts";
import type { ShownType } from "./kind.ts";
import type { DisplaySource } from "./source.ts";

/** A folder of its own that is gone after a crash, too. */
export type MakeScratch = () => Promise<{ path: string; remove(): Promise<void> }>;

/** What a viewer needs to find the screen; the rest of our environment is not its to know. */
const ENVIRONMENT = [
  "DBUS_SESSION_BUS_ADDRESS",
  "DISPLAY",
  "HOME",
  "LANG",
  "PATH",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "XDG_RUNTIME_DIR",
];
const PART = 1 << 20;
/** How long a viewer may take to end when it is asked to, in ms. */
const GRACE = 1_000;

/**
 * Hands what is shown to a program of the person's choice: the decrypted file lies in a folder of the
 * state directory, of mode 0600, as long as it is shown. One file, one process, at a time.
 */
export class ExternalViewer implements OtherViewer {
  readonly command: string;
  readonly #makeScratch: MakeScratch;
  #shown = new AbortController();
  #turn: Promise<void> = Promise.resolve();

  private constructor(command: string, makeScratch: MakeScratch) {
    this.command = command;
    this.#makeScratch = makeScratch;
  }

  /**
   * @param command a program's name or path; it gets the file's path as its one argument
   * @throws SimppdError `display-command-refused` when this start may not run it
   */
  static async make(command: string, makeScratch: MakeScratch): Promise<ExternalViewer> {
    const { state } = await Deno.permissions.query({ name: "run", command });
    if (state !== "granted") {
      throw new SimppdError(
        "display-command-refused",
        `This start may not run "${command}". The packed simppd grants what --display-command ` +
          "names if it is on the PATH; started from source, add it to --allow-run.",
      );
    }
    return new ExternalViewer(command, makeScratch);
  }

  show(shown: { type: ShownType; open: () => Promise<DisplaySource> } | undefined): void {
    this.#shown.abort();
    this.#shown = new AbortController();
    const { signal } = this.#shown;
    this.#turn = this.#turn.then(async () => {
      if (shown === undefined || signal.aborted) return;
      try {
        await this.#run(shown.type, shown.open, signal);
      } catch (error) {
        if (!signal.aborted) {
          logOf("display").error("the display command failed: {error}", { error });
        }
      }
    });
  }

  /** Ends the viewer; its file is deleted when this resolves. */
  async close(): Promise<void> {
    this.#shown.abort();
    await this.#turn;
  }

  async #run(
    { extension }: ShownType,
    open: () => Promise<DisplaySource>,
    signal: AbortSignal,
  ): Promise<void> {
    const scratch = await this.#makeScratch();
    try {
      const path = join(scratch.path, `shown.${extension}`);
      await write(path, await open(), signal);
      const child = new Deno.Command(this.command, {
        args: [path],
        clearEnv: true,
        env: Object.fromEntries(
          ENVIRONMENT.flatMap((name) => {
            const value = Deno.env.get(name);
            return value === undefined ? [] : [[name, value]];
          }),
        ),
        cwd: scratch.path,
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      await ended(child, signal);
    } finally {
      await scratch.remove();
    }
  }
}

async function write(path: string, source: DisplaySource, signal: AbortSignal): Promise<void> {
  try {
    const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    try {
      for (let at = 0; at < source.size;) {
        signal.throwIfAborted();
        const part = await source.read(at, Math.min(PART, source.size - at));
        if (part.length === 0) throw new Error("the file ended before its size");
        at += part.length;
        for (let rest: Uint8Array = part; rest.length > 0;) {
          rest = rest.subarray(await file.write(rest));
        }
      }
    } finally {
      file.close();
    }
  } finally {
    await source.close?.();
  }
}

/**
 * Waits until the viewer is to go. One that ended by itself may have handed the file to a window that
 * is open: the file stays until it is not shown any more.
 */
async function ended(child: Deno.ChildProcess, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const status = child.status.then((status) => {
    if (!status.success && !signal.aborted) {
      logOf("display").warn("the display command ended with {code}", { code: status.code });
    }
  });
  await aborted;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hard = new Promise<void>((resolve) => timer = setTimeout(resolve, GRACE));
  stop(child, "SIGTERM");
  await Promise.race([status, hard]);
  clearTimeout(timer);
  stop(child, "SIGKILL");
  await status;
}

function stop(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it ended already
  }
}
