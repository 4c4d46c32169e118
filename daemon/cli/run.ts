import { join } from "node:path";
import { App, startLog, whatIsTaken } from "../app/mod.ts";
import { toBase64Url } from "../base/mod.ts";
import { LOGIN_PROFILE_IDS, type LoginProfileId } from "../crypto/mod.ts";
import { LAUNCH_LIFE, startHttp } from "../http/mod.ts";
import { removeApiFile, writeApiFile } from "./api_file.ts";
import { openBrowser } from "./browser.ts";
import { callServersOf } from "./call_servers.ts";
import { environment } from "./environment.ts";
import { keepSwept } from "./launch_page.ts";
import { endWithin, untilSignal } from "./signals.ts";
import { expectWords, text, UsageError, type Verb, whole } from "./verb.ts";
import { VERSION } from "./version.ts";

/** SIMP on a telephone's keys; a fixed port keeps a bookmark good. */
const PORT = 7467;

/** A new bearer token: 256 random bits. */
export function newToken(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

export const run: Verb = {
  name: "run",
  summary: "Run the daemon until it is told to end; prints the dashboard's link",
  usage: [
    "run [--port N] [--no-open]                   --port 0 takes any free one",
    "run --login PROFILE,…                        how to log in: simpp-modern, simpp-2009 (the paper's)",
    "run --call-hosts IP,…                        addresses calls offer; all of this machine if absent",
    "run --stun HOST:PORT                         for calls, besides what the account's server names;",
    "    --turn USER@HOST:PORT=@FILE              the password is FILE's first line; may be repeated",
    "run --display-command CMD                    hands files that are shown to a viewer, too; CMD gets",
    "                  the path of the decrypted file, which is deleted afterwards",
    "                  SIMPPD_PASSPHRASE unlocks a state directory that has a passphrase",
  ],
  options: {
    port: { type: "string" },
    "no-open": { type: "boolean" },
    login: { type: "string" },
    "display-command": { type: "string" },
    "call-hosts": { type: "string" },
    stun: { type: "string", multiple: true },
    turn: { type: "string", multiple: true },
  },
  async run(invocation) {
    expectWords(invocation.words);
    const named = whole(invocation, "port", 0, 65_535);
    const port = named ?? PORT;
    const { state, io, json } = invocation;
    const displayCommand = text(invocation, "display-command");
    const viewer = displayCommand === undefined ? {} : { displayCommand };
    const hosts = text(invocation, "call-hosts");
    const offered = hosts === undefined ? {} : { callHosts: hosts.split(",") };
    const callServers = callServersOf(invocation);
    const logins = loginProfiles(text(invocation, "login"));
    const ending = untilSignal();
    try {
      const passphrase = environment("SIMPPD_PASSPHRASE");
      const unlocking = passphrase === undefined ? {} : { passphrase };
      const app = await App.open({
        ...{ state, version: VERSION, callServers },
        ...{ ...unlocking, ...logins, ...offered, ...viewer },
      });
      const stopLog = startLog(join(state, "simppd.log"));
      const stopSweeping = keepSwept(state);
      const token = newToken();
      try {
        const door = await startHttp({
          ...{ app, port, token, instance: app.instance },
          exact: named !== undefined,
        });
        try {
          await writeApiFile(state, { url: door.url, token, pid: Deno.pid });
          const link = door.launchLink();
          const { locked, server } = app.status();
          const taken = server === null ? undefined : whatIsTaken(server);
          io.out(
            json
              ? JSON.stringify({ url: door.url, link, state, pid: Deno.pid, locked })
              : told(locked, state, link, taken),
          );
          if (invocation.options["no-open"] !== true) await openBrowser(state, link);
          await ending.signal;
        } finally {
          await removeApiFile(state);
          await endWithin(1_000, door.close());
        }
      } finally {
        await stopSweeping();
        await endWithin(1_800, app.close());
        stopLog();
      }
    } finally {
      ending.stop();
    }
    return null;
  },
};

function told(locked: boolean, state: string, link: string, taken?: string): string {
  const lines = [
    `simppd ${VERSION} runs on ${state}`,
    `Dashboard (this link works once, within ${LAUNCH_LIFE / 60_000} minutes): ${link}`,
    "Another link: simppd open",
  ];
  if (locked) {
    lines.push("It is locked, and nothing else runs: give the passphrase there, or simppd unlock.");
  }
  if (taken !== undefined) lines.push(taken);
  return lines.join("\n");
}

/** Which profiles of the login SIMPP-1 the client takes and the carried server offers. */
export function loginProfiles(list: string | undefined): { loginProfiles?: LoginProfileId[] } {
  if (list === undefined) return {};
  const names = list.split(",");
  const known = LOGIN_PROFILE_IDS.filter((id) => names.includes(id));
  if (known.length === names.length) return { loginProfiles: known };
  throw new UsageError(`--login takes ${LOGIN_PROFILE_IDS.join(" and ")}, not "${list}"`);
}
