import { join } from "node:path";
import { SimppdError, utf8 } from "../../base/mod.ts";

/** How the command line finds the door of a running server: `server-control.json`, mode 0600. */
export interface ControlFile {
  /** A loopback TCP port; null: the Unix socket beside the file. */
  readonly port: number | null;
  readonly token: string;
}

/** Longest path of a Unix socket that every system takes, in bytes. */
const LONGEST_PATH = 100;

const pathIn = (folder: string) => join(folder, "server-control.json");

/** Path of the Unix socket; undefined where there is none to be had: Windows, or a long path. */
export function socketPath(folder: string): string | undefined {
  const path = join(folder, "server.sock");
  return Deno.build.os === "windows" || utf8(path).length > LONGEST_PATH ? undefined : path;
}

/** Writes the file at once and whole, readable by its owner only from its first moment. */
export async function writeControlFile(folder: string, content: ControlFile): Promise<void> {
  const fresh = `${pathIn(folder)}.new`;
  await Deno.remove(fresh).catch(() => {}); // a rest with wider rights would keep them
  await Deno.writeTextFile(fresh, JSON.stringify(content) + "\n", { mode: 0o600, createNew: true });
  await Deno.rename(fresh, pathIn(folder));
}

export async function removeControlFile(folder: string): Promise<void> {
  await Deno.remove(pathIn(folder)).catch(() => {});
}

/** @throws SimppdError `no-server` */
export async function readControlFile(folder: string): Promise<ControlFile> {
  try {
    const { port, token } = JSON.parse(await Deno.readTextFile(pathIn(folder)));
    const usable = port === null || (Number.isInteger(port) && port >= 1 && port <= 65_535);
    if (usable && typeof token === "string") return { port, token };
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new SimppdError(
        "no-server",
        `${pathIn(folder)} cannot be read: only the user who runs the server can administer it.`,
        error,
      );
    }
    // Absent or damaged: the same.
  }
  throw noServer(folder);
}

export function noServer(folder: string, cause?: unknown): SimppdError {
  return new SimppdError(
    "no-server",
    `No server runs on ${folder}. Name its directory with --data DIR, or start it with ` +
      "`simppd server run`; with --state DIR the server that a daemon carries is asked.",
    cause,
  );
}
