import type { StatusView } from "../views/mod.ts";
import { contactPath, LocalApi } from "./local_api.ts";
import { text, UsageError, type Verb } from "./verb.ts";

export const policy: Verb = {
  name: "policy",
  summary: "Show or set which encryption suites are allowed",
  usage: [
    "policy                                       shows what is allowed with everybody",
    "policy SUITE [SUITE …]                       allows these with everybody",
    "policy SUITE [SUITE …] --contact JID         allows these with one contact",
    "policy default --contact JID                 back to what holds for everybody",
    "suites: simpp-pq, simpp-modern, simpp-2009 (the paper's, weak)",
  ],
  options: { contact: { type: "string" } },
  async run(invocation) {
    const { words, state } = invocation;
    const jid = text(invocation, "contact");
    if (words.length === 0 && jid !== undefined) throw new UsageError("SUITE is missing");
    if (words[0] === "default" && (jid === undefined || words.length > 1)) {
      throw new UsageError("policy default goes with --contact JID, alone");
    }
    const api = await LocalApi.open(state);
    const suites = words[0] === "default" ? null : words;
    const path = jid === undefined ? "/api/policy" : contactPath(jid, "/policy");
    const status = words.length === 0
      ? await api.ask<StatusView>("GET", "/api/status")
      : await api.ask<StatusView>("PUT", path, { suites });
    const allowed = jid === undefined ? status.policy : suites ?? status.policy;
    return { value: { contact: jid ?? null, suites: allowed }, text: allowed.join(" ") };
  },
};
