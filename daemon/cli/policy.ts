import { SimppdError } from "../base/mod.ts";
import type { ContactView, GroupView, StatusView } from "../views/mod.ts";
import { groupSuites, type Suites } from "./group_suites.ts";
import { contactPath, LocalApi } from "./local_api.ts";
import { printable } from "./printable.ts";
import { type Answer, text, UsageError, type Verb } from "./verb.ts";

export const policy: Verb = {
  name: "policy",
  summary: "Show or set which encryption suites are allowed",
  usage: [
    "policy                                       shows all that is set",
    "policy --contact JID                         shows what is allowed with one contact",
    "policy SUITE [SUITE …]                       allows these with everybody",
    "policy SUITE [SUITE …] --contact JID         allows these with one contact",
    "policy default --contact JID                 back to what holds for everybody",
    "policy --groups SUITE [SUITE …]              allows these in encrypted groups",
    "policy --group JID [SUITE …|default]         shows or sets what is allowed in one group",
    "                  SUITE is aes-256-gcm, aes-128-cbc-hmac, lsim-2003 (Blowfish, weak); it counts",
    "                  when one comes in. A group uses the strongest that all its members allow",
    "policy --verified-only on|off                write to verified contacts only, or to all",
    "policy --tell-seen on|off                    tell contacts, sealed, what you have read",
    "policy --relay-only on|off                   calls through a relay alone, or by any way",
    "                  SUITE is simpp-pq, simpp-modern, simpp-2009 (the paper's, weak)",
  ],
  options: {
    contact: { type: "string" },
    groups: { type: "boolean" },
    group: { type: "string" },
    "verified-only": { type: "string" },
    "tell-seen": { type: "string" },
    "relay-only": { type: "string" },
  },
  async run(invocation) {
    const { words, state } = invocation;
    const jid = text(invocation, "contact");
    const only = text(invocation, "verified-only");
    const seen = text(invocation, "tell-seen");
    const relay = text(invocation, "relay-only");
    if (invocation.options.groups === true || text(invocation, "group") !== undefined) {
      return await groupSuites(invocation);
    }
    const given = [only, seen, relay].filter((option) => option !== undefined).length;
    const alone = words.length === 0 && jid === undefined && given === 1;
    if (only !== undefined) return await verifiedOnly(state, only, alone);
    if (seen !== undefined) return await tellSeen(state, seen, alone);
    if (relay !== undefined) return await relayOnly(state, relay, alone);
    if (words[0] === "default" && (jid === undefined || words.length > 1)) {
      throw new UsageError("policy default goes with --contact JID, alone");
    }
    const api = await LocalApi.open(state);
    if (words.length === 0) return await (jid === undefined ? all(api) : ofContact(api, jid));
    const suites = words[0] === "default" ? null : words;
    const path = jid === undefined ? "/api/policy" : contactPath(jid, "/policy");
    const status = await api.ask<StatusView>("PUT", path, { suites });
    const allowed = jid === undefined ? status.policy : suites ?? status.policy;
    return { value: { contact: jid ?? null, suites: allowed }, text: allowed.join(" ") };
  },
};

/** Everything that is set: for everybody, and for those who have a choice of their own. */
async function all(api: LocalApi): Promise<Answer> {
  const status = await api.ask<StatusView>("GET", "/api/status");
  const { policy: suites, blindTrust, tellSeen, calls } = status;
  const contacts = (await api.ask<ContactView[]>("GET", "/api/contacts"))
    .filter(({ trust }) => trust.ownPolicy)
    .map(({ jid, trust }) => ({ contact: jid, suites: trust.policy }));
  const { suites: groups } = await api.ask<Suites>("GET", "/api/group-suites");
  const own = (await api.ask<GroupView[]>("GET", "/api/groups"))
    .filter((group) => group.suites.own)
    .map(({ jid, suites }) => ({ group: jid, suites: suites.allowed }));
  const lines = [
    `everybody: ${suites.join(" ")}`,
    ...contacts.map(({ contact, suites }) => `${printable(contact)}: ${suites.join(" ")}`),
    `groups: ${groups.join(" ")}`,
    ...own.map(({ group, suites }) => `${printable(group)}: ${suites.join(" ")}`),
    writes(blindTrust),
    tells(tellSeen),
    goes(status),
  ];
  const inGroups = { groupSuites: groups, groups: own };
  const value = {
    contact: null,
    suites,
    ...inGroups,
    verifiedOnly: !blindTrust,
    tellSeen,
    calls,
    contacts,
  };
  return { value, text: lines.join("\n") };
}

async function ofContact(api: LocalApi, jid: string): Promise<Answer> {
  const contacts = await api.ask<ContactView[]>("GET", "/api/contacts");
  const found = contacts.find((one) => one.jid === jid);
  if (found === undefined) {
    throw new SimppdError("unknown-contact", `${jid} is not among your contacts; add them first.`);
  }
  const { policy: suites, ownPolicy } = found.trust;
  const whose = ownPolicy ? "" : "  (as with everybody)";
  return { value: { contact: jid, suites, own: ownPolicy }, text: suites.join(" ") + whose };
}

function writes(blindTrust: boolean): string {
  return blindTrust ? "writes to all contacts" : "writes to verified contacts only";
}

function tells(seen: boolean): string {
  return seen ? "tells contacts what was read" : "tells nobody what was read";
}

/** Tells contacts, sealed, what was read on this device, or not. */
async function tellSeen(state: string, seen: string, alone: boolean): Promise<Answer> {
  if (!alone || (seen !== "on" && seen !== "off")) {
    throw new UsageError("--tell-seen takes on or off, and stands alone");
  }
  const api = await LocalApi.open(state);
  const status = await api.ask<StatusView>("PUT", "/api/tell-seen", { told: seen === "on" });
  return { value: { tellSeen: status.tellSeen }, text: tells(status.tellSeen) };
}

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
    text: writes(status.blindTrust),
  };
}

function goes({ calls, relay }: Pick<StatusView, "calls" | "relay">): string {
  if (calls === "any") return "calls by any way";
  return relay === false
    ? "calls through a relay only, and your server names none (XEP-0215): no call will be possible " +
      "until it does"
    : "calls through a relay only";
}

/** Sends calls through a relay alone, or by any way. */
async function relayOnly(state: string, only: string, alone: boolean): Promise<Answer> {
  if (!alone || (only !== "on" && only !== "off")) {
    throw new UsageError("--relay-only takes on or off, and stands alone");
  }
  const api = await LocalApi.open(state);
  const route = only === "on" ? "relay-only" : "any";
  const { calls, relay } = await api.ask<StatusView>("PUT", "/api/call-route", { route });
  return { value: { calls, relay }, text: goes({ calls, relay }) };
}
