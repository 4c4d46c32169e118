import { join } from "node:path";
import { App, startLog } from "../app/mod.ts";
import { toBase64Url } from "../base/mod.ts";
import { startHttp } from "../http/mod.ts";
import { removeApiFile, writeApiFile } from "./api_file.ts";
import { openBrowser } from "./browser.ts";
import { environment } from "./environment.ts";
import { endWithin, untilSignal } from "./signals.ts";
import { expectWords, type Verb, whole } from "./verb.ts";
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
    "                  SIMPPD_PASSPHRASE unlocks a state directory that has a passphrase",
  ],
  options: { port: { type: "string" }, "no-open": { type: "boolean" } },
  async run(invocation) {
    expectWords(invocation.words);
    const port = whole(invocation, "port", 0, 65_535) ?? PORT;
    const { state, io, json } = invocation;
    const ending = untilSignal();
    try {
      const passphrase = environment("SIMPPD_PASSPHRASE");
      const unlocking = passphrase === undefined ? {} : { passphrase };
      const app = await App.open({ state, version: VERSION, ...unlocking });
      const stopLog = startLog(join(state, "simppd.log"));
      const token = newToken();
      try {
        const door = await startHttp({ app, port, token, instance: app.instance });
        try {
          await writeApiFile(state, { url: door.url, token, pid: Deno.pid });
          const link = door.launchLink();
          io.out(
            json
              ? JSON.stringify({ url: door.url, link, state, pid: Deno.pid })
              : `simppd ${VERSION} runs on ${state}\nDashboard (this link works once): ${link}`,
          );
          if (invocation.options["no-open"] !== true) openBrowser(link);
          await ending.signal;
        } finally {
          await removeApiFile(state);
          await endWithin(1_000, door.close());
        }
      } finally {
        await endWithin(1_800, app.close());
        stopLog();
      }
    } finally {
      ending.stop();
    }
    return null;
  },
};
