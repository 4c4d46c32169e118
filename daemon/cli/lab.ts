import { join, resolve } from "node:path";
import { SimppdError } from "../base/mod.ts";
import { downgrade, replay, sniff, tamper } from "../lab/mod.ts";
import { downgradeText, replayText, sniffText, tamperText } from "./lab_text.ts";
import {
  type Answer,
  expectWords,
  type Invocation,
  text,
  UsageError,
  type Verb,
  whole,
} from "./verb.ts";

export const lab: Verb = {
  name: "lab",
  summary: "Attack a call on this machine and see what is protected",
  usage: [
    "lab sniff [--seconds N] [--out DIR]          record calls, in clear and sealed, and play them",
    "                                             --out keeps a picture of each call that plays",
    "lab replay                                   send recorded packets and messages again",
    "lab tamper                                   flip bits on the way",
    "lab downgrade                                edit the lists of suites that are offered",
  ],
  options: { seconds: { type: "string" }, out: { type: "string" } },
  async run(invocation) {
    const [attack] = expectWords(invocation.words, "sniff, replay, tamper or downgrade");
    if (attack === "sniff") return await sniffed(invocation);
    for (const name of Object.keys(invocation.options)) {
      throw new UsageError(`--${name} goes with lab sniff only`);
    }
    switch (attack) {
      case "replay":
        return answer(await replay(), replayText);
      case "tamper":
        return answer(await tamper(), tamperText);
      case "downgrade":
        return answer(await downgrade(), downgradeText);
      default:
        throw new UsageError(`"${attack}" is no attack: sniff, replay, tamper, downgrade are`);
    }
  },
};

async function sniffed(invocation: Invocation): Promise<Answer> {
  const seconds = whole(invocation, "seconds", 1, 60) ?? 2;
  const out = text(invocation, "out");
  const folder = out === undefined ? undefined : resolve(out);
  if (folder !== undefined) await write(folder, (path) => Deno.mkdir(path, { recursive: true }));
  const kept = new Map<string, string>();
  const report = await sniff(seconds, async (sealing, picture) => {
    if (folder === undefined) return;
    const path = join(folder, `${sealing === "none" ? "in-clear" : sealing}.jpg`);
    await write(path, () => Deno.writeFile(path, picture));
    kept.set(sealing, path);
  });
  const suites = report.suites.map((one) => ({ ...one, picture: kept.get(one.suite) ?? null }));
  return answer({ ...report, suites }, sniffText);
}

function answer<T extends { ok: boolean }>(report: T, tell: (report: T) => string): Answer {
  return { value: report, text: tell(report), code: report.ok ? 0 : 1 };
}

/** @throws SimppdError `no-write` when nothing may be written there */
async function write(path: string, how: (path: string) => Promise<void>): Promise<void> {
  try {
    await how(path);
  } catch (error) {
    throw new SimppdError(
      "no-write",
      `${path} could not be written. Name a folder of yours, or one in the state directory: the ` +
        "packed simppd may write nowhere else.",
      error,
    );
  }
}
