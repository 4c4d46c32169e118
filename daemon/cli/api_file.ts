import { join } from "node:path";
import { SimppdError } from "../base/mod.ts";

/** How the command line finds a running daemon: `api.json` in its state directory, mode 0600. */
export interface ApiFile {
  /** `http://127.0.0.1:PORT` */
  url: string;
  token: string;
  pid: number;
}

const pathIn = (state: string) => join(state, "api.json");

/** Writes the file at once and whole, readable by its owner only from its first moment. */
export async function writeApiFile(state: string, content: ApiFile): Promise<void> {
  const fresh = `${pathIn(state)}.new`;
  await Deno.remove(fresh).catch(() => {}); // a rest with wider rights would keep them
  await Deno.writeTextFile(fresh, JSON.stringify(content) + "\n", { mode: 0o600, createNew: true });
  await Deno.rename(fresh, pathIn(state));
}

export async function removeApiFile(state: string): Promise<void> {
  await Deno.remove(pathIn(state)).catch(() => {});
}

/** @throws SimppdError `not-running` */
export async function readApiFile(state: string): Promise<ApiFile> {
  let text: string;
  try {
    text = await Deno.readTextFile(pathIn(state));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw notRunning(state);
    throw new SimppdError("not-running", `${pathIn(state)} cannot be read.`, error);
  }
  try {
    const { url, token, pid } = JSON.parse(text) as Partial<ApiFile>;
    if (
      typeof token === "string" && typeof pid === "number" && typeof url === "string" &&
      /^http:\/\/127\.0\.0\.1:\d+$/.test(url)
    ) return { url, token, pid };
  } catch { /* damaged: the same as absent */ }
  throw notRunning(state);
}

export function notRunning(state: string): SimppdError {
  return new SimppdError(
    "not-running",
    `No simppd is running on ${state}; start it with \`simppd run\`, or name another --state.`,
  );
}
