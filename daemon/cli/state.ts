import { join, resolve } from "node:path";
import { SimppdError } from "../base/mod.ts";
import { environment } from "./environment.ts";

/** The places a system wants a program's state in. */
export interface Surroundings {
  os: typeof Deno.build.os;
  environment(name: string): string | undefined;
}

/**
 * The state directory: what `--state` names, or the system's place for it (XDG base directories on
 * Linux, where a relative XDG_STATE_HOME must be ignored).
 * @throws SimppdError `no-home` when no place can be found
 */
export function stateDirectory(
  named: string | undefined,
  { os, environment: env }: Surroundings = { os: Deno.build.os, environment },
): string {
  if (named !== undefined) return resolve(named);
  const home = env("HOME");
  if (os === "windows") {
    const local = env("LOCALAPPDATA");
    if (local !== undefined) return join(local, "simppd");
  } else if (os === "darwin") {
    if (home !== undefined) return join(home, "Library", "Application Support", "simppd");
  } else {
    const xdg = env("XDG_STATE_HOME");
    if (xdg?.startsWith("/")) return join(xdg, "simppd");
    if (home !== undefined) return join(home, ".local", "state", "simppd");
  }
  throw new SimppdError("no-home", "No home directory is known here; name one with --state DIR.");
}
