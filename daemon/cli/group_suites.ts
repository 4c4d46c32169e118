import { SimppdError } from "../base/mod.ts";
import type { GroupSuite, GroupView } from "../views/mod.ts";
import { LocalApi } from "./local_api.ts";
import { type Answer, type Invocation, UsageError } from "./verb.ts";

/** `policy --groups` and `policy --group JID`: what is allowed in encrypted groups, or in one. */
export async function groupSuites({ words, options, state }: Invocation): Promise<Answer> {
  const { groups, group: jid, ...others } = options;
  const stray = Object.keys(others)[0] ?? (jid === undefined ? undefined : groups && "groups");
  if (stray !== undefined) {
    throw new UsageError(`--${stray} does not go with --${jid === undefined ? "groups" : "group"}`);
  }
  const isBack = words[0] === "default";
  if (isBack && (jid === undefined || words.length > 1)) {
    throw new UsageError("policy default goes with --group JID, alone");
  }
  const api = await LocalApi.open(state);
  if (jid === undefined) {
    const { suites } = words.length === 0
      ? await api.ask<Suites>("GET", "/api/group-suites")
      : await api.ask<Suites>("PUT", "/api/group-suites", { suites: words });
    return { value: { group: null, suites }, text: suites.join(" ") + warned(suites) };
  }
  const path = `/api/groups/${encodeURIComponent(String(jid))}/suites`;
  if (words.length > 0) await api.ask("PUT", path, { suites: isBack ? null : words });
  const all = await api.ask<GroupView[]>("GET", "/api/groups");
  const found = all.find((one) => one.jid === jid);
  if (found === undefined) {
    throw new SimppdError("unknown-group", `${jid} is none of your groups; see simppd group list.`);
  }
  const { allowed: suites, own } = found.suites;
  const whose = own ? "" : "  (as in all groups)";
  return { value: { group: jid, suites, own }, text: suites.join(" ") + whose + warned(suites) };
}

/** As the API answers it. */
export interface Suites {
  readonly suites: readonly GroupSuite[];
}

function warned(suites: readonly GroupSuite[]): string {
  return suites.includes("lsim-2003")
    ? "\nlsim-2003 is Blowfish, of 2003: weak, and there to compare with the paper alone."
    : "";
}
