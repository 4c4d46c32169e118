import type { StatusView } from "../views/mod.ts";
import { contactPath, LocalApi } from "./local_api.ts";
import { type Answer, text, UsageError, type Verb } from "./verb.ts";

export const policy: Verb = {
  name: "policy",
  summary: "Show or set which encryption suites are allowed",
  usage: [
    "policy                                       shows what is allowed with everybody",
    "policy SUITE [SUITE …]                       allows these with everybody",
    "policy SUITE [SUITE …] --contact JID         allows these with one contact",
    "policy default --contact JID                 back to what holds for everybody",
    "policy --verified-only on|off                write to verified contacts only, or to all",
    "suites: simpp-pq, simpp-modern, simpp-2009 (the paper's, weak)",
  ],
  options: { contact: { type: "string" }, "verified-only": { type: "string" } },
  async run(invocation) {
    const { words, state } = invocation;
    const jid = text(invocation, "contact");
    const only = text(invocation, "verified-only");
    if (only !== undefined) return await verifiedOnly(state, only, words.length === 0 && !jid);
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

/** Writes to verified contacts only, or to all. */
async function verifiedOnly(state: string, only: string, alone: boolean): Promise<Answer> {
  if (!alone || (only !== "on" && only !== "off")) {
    throw new UsageError("--verified-only takes on or off, and stands alone");
  }
  const api = await LocalApi.open(state);
  const allowed = only === "off";
  const status = await api.ask<StatusView>("PUT", "/api/blind-trust", { allowed });
  return {
    value: { verifiedOnly: !status.blindTrust },
    text: status.blindTrust ? "writes to all contacts" : "writes to verified contacts only",
  };
}
