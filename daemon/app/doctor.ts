import { join } from "node:path";
import type { StatusView } from "../views/mod.ts";

/** One check of `simppd doctor`. */
export interface Check {
  readonly check: string;
  readonly ok: boolean;
  /** What was found; when not ok, what to do. */
  readonly detail: string;
}

/** Looks at what usually goes wrong and says what to do about it. */
export async function diagnose(status: StatusView, state: string): Promise<Check[]> {
  const { account, server, ffmpeg, problem } = status;
  return [
    await isPrivate("state directory", state, 700),
    await isPrivate("key file", join(state, status.keeper === "file" ? "key" : "key.json"), 600),
    {
      check: "ffmpeg",
      ok: ffmpeg.found,
      detail: ffmpeg.found ? `version ${ffmpeg.version}` : ffmpeg.message ?? "not found",
    },
    {
      check: "account",
      ok: account !== null,
      detail: account?.jid ?? "none yet: open the dashboard (simppd open) and choose how to begin",
    },
    {
      check: "connection",
      ok: status.state === "online",
      detail: problem?.message ?? status.state,
    },
    ...(server === null ? [] : [{
      check: "server",
      ok: true,
      detail: `${server.domain} on ${server.host}:${server.port}`,
    }]),
  ];
}

/** Is what lies here kept from other users of the machine? */
async function isPrivate(check: string, path: string, wanted: number): Promise<Check> {
  try {
    const { mode } = await Deno.stat(path);
    const open = mode !== null && (mode & 0o077) !== 0;
    const detail = open
      ? `other users can look into ${path}: run chmod ${wanted} ${path}`
      : "other users are kept out";
    return { check, ok: !open, detail };
  } catch (error) {
    return { check, ok: false, detail: `${path} cannot be read: ${String(error)}` };
  }
}
