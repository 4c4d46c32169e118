import { join } from "node:path";
import { findFfmpeg } from "../capture/mod.ts";
import type { StatusView } from "../views/mod.ts";
import { whatIsTaken } from "./carried_ports.ts";

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
    ...await ofFiles(status.keeper, state),
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
      ok: server.taken === undefined,
      detail: whatIsTaken(server) ?? `${server.domain} on ${server.host}:${server.port}`,
    }]),
  ];
}

/** What can be told while nothing runs for want of the passphrase. */
export async function diagnoseLocked(
  keeper: StatusView["keeper"],
  state: string,
): Promise<Check[]> {
  const ffmpeg = await findFfmpeg();
  return [
    ...await ofFiles(keeper, state),
    "missing" in ffmpeg
      ? { check: "ffmpeg", ok: false, detail: ffmpeg.missing }
      : { check: "ffmpeg", ok: true, detail: `version ${ffmpeg.version}` },
    {
      check: "passphrase",
      ok: false,
      detail:
        "simppd is locked, so account and connection are not looked at: give the passphrase " +
        "in the dashboard (simppd open) or to simppd unlock",
    },
  ];
}

async function ofFiles(keeper: StatusView["keeper"], state: string): Promise<Check[]> {
  return [
    await isPrivate("state directory", state, 700),
    await isPrivate("key file", join(state, keeper === "file" ? "key" : "key.json"), 600),
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
