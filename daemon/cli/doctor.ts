import { SimppdError } from "../base/mod.ts";
import { findFfmpeg } from "../capture/mod.ts";
import { LocalApi } from "./local_api.ts";
import { printable } from "./printable.ts";
import { expectWords, type Verb } from "./verb.ts";

interface Check {
  check: string;
  ok: boolean;
  detail: string;
}

export const doctor: Verb = {
  name: "doctor",
  summary: "Check what works here and what does not",
  usage: ["doctor                                       exit code 1 when a check fails"],
  options: {},
  async run({ words, state }) {
    expectWords(words);
    const checks = await examine(state);
    const text = checks.map(({ check, ok, detail }) =>
      `${ok ? "ok  " : "FAIL"} ${check}: ${printable(detail)}`
    )
      .join("\n");
    return { value: checks, text, code: checks.every(({ ok }) => ok) ? 0 : 1 };
  },
};

/** The daemon's own checks; what can be told without it when it does not run. */
async function examine(state: string): Promise<Check[]> {
  try {
    const api = await LocalApi.open(state);
    const checks = await api.ask<Check[]>("GET", "/api/doctor");
    return [
      { check: "daemon", ok: true, detail: `runs on ${state}` },
      { check: "dashboard", ok: true, detail: `on ${api.url}, for this machine alone` },
      ...checks,
    ];
  } catch (error) {
    if (!(error instanceof SimppdError) || error.code !== "not-running") throw error;
    const ffmpeg = await findFfmpeg();
    return [
      { check: "daemon", ok: true, detail: error.publicMessage },
      "missing" in ffmpeg
        ? { check: "ffmpeg", ok: false, detail: ffmpeg.missing }
        : { check: "ffmpeg", ok: true, detail: `version ${ffmpeg.version}` },
    ];
  }
}
