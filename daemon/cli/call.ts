import { SimppdError } from "../base/mod.ts";
import type { CallView } from "../views/mod.ts";
import { callPath, LocalApi } from "./local_api.ts";
import { printable } from "./printable.ts";
import {
  type Answer,
  expectWords,
  type Invocation,
  text,
  UsageError,
  type Verb,
  whole,
} from "./verb.ts";

export const call: Verb = {
  name: "call",
  summary: "Call a contact, answer, look at a call, end it",
  usage: [
    "call JID [--camera SPEC] [--size WxH] [--fps N]",
    "call accept [ID] [--camera SPEC] [--size WxH] [--fps N]",
    "call later|decline|hangup|status [ID]        ID may be left out when only one call fits",
    "call list",
  ],
  options: { camera: { type: "string" }, size: { type: "string" }, fps: { type: "string" } },
  async run(invocation) {
    const [first, ...words] = invocation.words;
    if (first === undefined) throw new UsageError("JID, or what to do, is missing");
    const body = cameraOptions(invocation);
    const chooses = first === "accept" || first.includes("@");
    if (!chooses && Object.keys(body).length > 0) {
      throw new UsageError(`camera options do not go with call ${first}`);
    }
    if (first.includes("@")) {
      expectWords(words);
      const api = await LocalApi.open(invocation.state);
      return shown(await api.ask("POST", "/api/calls", { contact: first, ...body }));
    }
    if (first === "list") {
      expectWords(words);
      const api = await LocalApi.open(invocation.state);
      const all = await api.ask<CallView[]>("GET", "/api/calls");
      return { value: all, text: all.map(line).join("\n") || "No calls." };
    }
    const fitting = states[first];
    if (fitting === undefined) {
      throw new UsageError(`"${first}" is neither a JID nor something call can do`);
    }
    if (words.length > 0) expectWords(words, "ID");
    const api = await LocalApi.open(invocation.state);
    const id = words[0] ?? await onlyOne(api, first, fitting);
    if (first === "status") return shown(await api.ask("GET", callPath(id)));
    return shown(
      await api.ask("POST", callPath(id, `/${first}`), first === "accept" ? body : undefined),
    );
  },
};

/** In which states a call fits an action. */
const states: Readonly<Record<string, readonly CallView["state"][]>> = {
  accept: ["ringing", "later"],
  later: ["ringing"],
  decline: ["ringing", "later"],
  hangup: ["calling", "connecting", "active"],
  status: ["calling", "ringing", "later", "connecting", "active"],
};

async function onlyOne(
  api: LocalApi,
  action: string,
  fitting: readonly CallView["state"][],
): Promise<string> {
  const calls = (await api.ask<CallView[]>("GET", "/api/calls"))
    .filter(({ state }) => fitting.includes(state));
  if (calls.length === 1) return calls[0]!.id;
  throw new SimppdError(
    "unknown-call",
    calls.length === 0
      ? `There is no call to ${action === "hangup" ? "hang up" : action} now.`
      : `${calls.length} calls fit; name one of: ${calls.map(({ id }) => id).join(", ")}.`,
  );
}

function cameraOptions(invocation: Invocation): Record<string, string | number> {
  const camera = text(invocation, "camera");
  const size = sizeOption(invocation);
  const fps = whole(invocation, "fps", 1, 120);
  return {
    ...(camera === undefined ? {} : { camera }),
    ...(size === undefined ? {} : { size }),
    ...(fps === undefined ? {} : { fps }),
  };
}

/** `--size WxH`. @throws UsageError */
export function sizeOption(invocation: Invocation): string | undefined {
  const size = text(invocation, "size");
  if (size !== undefined && !/^[1-9]\d{1,3}x[1-9]\d{1,3}$/.test(size)) {
    throw new UsageError(`--size takes WIDTHxHEIGHT, such as 640x480, not "${size}"`);
  }
  return size;
}

function line(view: CallView): string {
  const arrow = view.direction === "out" ? "to" : "from";
  const reason = view.detail ?? view.reason;
  const text = `${view.id}: ${view.state}, ${arrow} ${view.contact}${reason ? ` (${reason})` : ""}`;
  return printable(text);
}

function shown(view: CallView): Answer {
  return { value: view, text: line(view) };
}
