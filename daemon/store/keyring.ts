import { fromUtf8, SimppdError, utf8 } from "../base/mod.ts";

/** A place outside the state directory that keeps small secrets for the person who is logged in. */
export interface Keyring {
  /** @throws SimppdError `no-keyring` */
  store(item: string, secret: string): Promise<void>;
  /** @throws SimppdError `no-keyring`, `keyring-empty` */
  lookup(item: string): Promise<string>;
  clear(item: string): Promise<void>;
}

/** How a system's own tool is asked: arguments, and what it reads from standard input. */
interface Words {
  args: string[];
  input?: string;
}
interface Tool {
  program: string;
  store(item: string, secret: string): Words;
  lookup(item: string): Words;
  clear(item: string): Words;
}

// Secrets go through standard input: arguments can be read by every user of the machine.
const secretTool = (program: string): Tool => ({
  program,
  store: (item, secret) => ({
    args: ["store", "--label=simppd sealing key", "application", "simppd", "item", item],
    input: secret,
  }),
  lookup: (item) => ({ args: ["lookup", "application", "simppd", "item", item] }),
  clear: (item) => ({ args: ["clear", "application", "simppd", "item", item] }),
});
const security = (program: string): Tool => ({
  program,
  store: (item, secret) => ({
    args: ["-i"],
    input: `add-generic-password -U -s simppd -a ${item} -w ${secret}\n`,
  }),
  lookup: (item) => ({ args: ["find-generic-password", "-s", "simppd", "-a", item, "-w"] }),
  clear: (item) => ({ args: ["delete-generic-password", "-s", "simppd", "-a", item] }),
});

/** What such a tool needs of our environment to find the keyring, and nothing else. */
const ENVIRONMENT = ["HOME", "PATH", "DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"];
/** A keyring may ask the person for its own password first. */
const PATIENCE = 120_000;
const MOST = 4096;

/**
 * The system's keyring, through `secret-tool` (Linux) or `security` (macOS).
 * @param program another path of that tool
 */
export function systemKeyring(os = Deno.build.os, program?: string): Keyring {
  const tool = os === "linux"
    ? secretTool(program ?? "secret-tool")
    : os === "darwin"
    ? security(program ?? "security")
    : undefined;
  const ask = async (question: (tool: Tool) => Words) => {
    if (tool === undefined) throw noKeyring(`simppd knows no keyring on ${os}`);
    return await runTool(tool.program, question(tool));
  };
  return {
    async store(item, secret) {
      const { success, stderr } = await ask((tool) => tool.store(item, secret));
      if (!success) throw noKeyring(stderr);
    },
    async lookup(item) {
      const { success, stdout, stderr } = await ask((tool) => tool.lookup(item));
      if (!success && stderr !== "") throw noKeyring(stderr);
      // secret-tool says nothing more, whether a keyring stayed closed or the item is not there.
      if (!success || stdout.trim() === "") {
        throw new SimppdError(
          "keyring-empty",
          "The system's keyring is closed, or does not hold this directory's key. Open it, logged " +
            "in as the user, and on the machine, that put the key there; or restore a backup into " +
            "an empty --state directory.",
        );
      }
      return stdout.trim();
    },
    async clear(item) {
      await ask((tool) => tool.clear(item));
    },
  };
}

async function runTool(program: string, { args, input }: Words) {
  const signal = AbortSignal.timeout(PATIENCE);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      clearEnv: true,
      env: surroundings(),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      signal,
    }).spawn();
  } catch (error) {
    // Deno grants the right to start a program only if it was there when simppd started.
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    const why = absent
      ? `the program ${program} is not here (Debian: apt install libsecret-tools, then start ` +
        "simppd again)"
      : `${program} cannot be started`;
    throw noKeyring(why, error);
  }
  const writer = child.stdin.getWriter();
  // A tool that ends without reading breaks the pipe; its exit code says more than that.
  await writer.write(utf8(input ?? "")).then(() => writer.close()).catch(() => {});
  const { success, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => fromUtf8(bytes.subarray(0, MOST));
  return { success, stdout: text(stdout), stderr: text(stderr).trim() };
}

function surroundings(): Record<string, string> {
  const known: Record<string, string> = {};
  for (const name of ENVIRONMENT) {
    const value = Deno.env.get(name);
    if (value !== undefined) known[name] = value;
  }
  return known;
}

function noKeyring(why: string, cause?: unknown): SimppdError {
  return new SimppdError("no-keyring", `The system's keyring cannot be used: ${why}.`, cause);
}
