import { SimppdError } from "../base/mod.ts";
import type { AppEvent, GroupView, RoomMessageView } from "../views/mod.ts";
import {
  GROUP_SPEC_OPTIONS,
  GROUP_SPEC_USAGE,
  groupSpec,
  readSpecification,
} from "./group_spec.ts";
import { groupLine, groupStatus } from "./group_text.ts";
import { LocalApi } from "./local_api.ts";
import { printable } from "./printable.ts";
import { sure } from "./sure.ts";
import { notRepeated, watchRoom } from "./room_watch.ts";
import { TICKET_OPTIONS, TICKET_USAGE, ticketOf } from "./ticket_options.ts";
import {
  type Answer,
  expectWords,
  type Invocation,
  text,
  texts,
  UsageError,
  type Verb,
} from "./verb.ts";

/** How long `send` waits for the room to repeat what was said, in ms. */
const SENT_WITHIN = 30_000;
/** What takes longer is told of, in ms. */
const TOLD_AFTER = 2_000;

export const group: Verb = {
  name: "group",
  summary: "Encrypted groups: only their members, and who keeps their keys, can read them",
  usage: [
    "group list",
    "group make NAME [--server DOMAIN]            its keys are kept by this simppd; or by another",
    "           [--key-server 'JID KEY']          key server, as it shows itself",
    "           [--registrar 'NAME KEY METHOD ADDRESS'] …   whose tickets people need to come in;",
    "                                             its maker too: --password and the others of join",
    "           [--suite SUITE] …                 what it is encrypted with: aes-256-gcm,",
    "                                             aes-128-cbc-hmac, lsim-2003 (Blowfish, weak)",
    "group invite JID CONTACT [--role admin|member|listener] [--reason TEXT]",
    "group join JID                               accepts an invitation, or asks again",
    "group join --spec FILE                       a group that a key server keeps by this file; its",
    "                                             owner comes first, and makes the room",
    ...TICKET_USAGE,
    "group later JID | decline JID                answers an invitation",
    "group leave JID [--force]                    also deletes what was said there from the disk,",
    "                                             and forgets a group that was ended;",
    "                                             --force: even if the key server does not answer",
    "group expel JID CONTACT                      takes a person out and changes the key;",
    "                                             ADDRESS/DEVICE: one device, as status shows it,",
    "                                             another of one's own too, such as one of before a",
    "                                             backup was restored",
    "group withdraw JID CONTACT                   takes back an invitation that was not accepted",
    "group role JID CONTACT owner|admin|member|listener",
    "group send JID TEXT                          TEXT may be - : read from standard input",
    "group watch JID                              prints what is said until it is interrupted",
    "group status JID                             members, who is verified, the key, its keeper",
    "group specification JID                      what every member has",
    "group end JID [--yes]                        ends it for everybody, which cannot be undone",
    ...GROUP_SPEC_USAGE,
  ],
  options: {
    server: { type: "string" },
    "key-server": { type: "string" },
    role: { type: "string" },
    suite: { type: "string", multiple: true },
    spec: { type: "string" },
    reason: { type: "string" },
    force: { type: "boolean" },
    yes: { type: "boolean" },
    registrar: { type: "string", multiple: true },
    ...TICKET_OPTIONS,
    ...GROUP_SPEC_OPTIONS,
  },
  async run(invocation) {
    const [action = "list", ...words] = invocation.words;
    // Needs no daemon.
    if (action === "spec") return await groupSpec(invocation, words);
    const deed = deeds[action];
    if (deed === undefined) throw new UsageError(`"${action}" is not something group can do`);
    for (const name of Object.keys(group.options)) {
      if (invocation.options[name] !== undefined && !(deed.takes ?? []).includes(name)) {
        throw new UsageError(`--${name} does not go with group ${action}`);
      }
    }
    const named = deed.wordsOf?.(invocation) ?? deed.words;
    const [jid = "", ...rest] = expectWords(words, ...named);
    return await deed.run(await LocalApi.open(invocation.state), jid, rest, invocation);
  },
};

interface Deed {
  readonly words: readonly string[];
  /** Its words where options change them. */
  wordsOf?(invocation: Invocation): readonly string[];
  /** Options it takes. */
  readonly takes?: readonly string[];
  run(
    api: LocalApi,
    jid: string,
    words: readonly string[],
    invocation: Invocation,
  ): Promise<Answer | null>;
}

const path = (jid: string, rest = "") => `/api/groups/${encodeURIComponent(jid)}${rest}`;
const given = (invocation: Invocation, name: string) => {
  const value = text(invocation, name);
  return value === undefined ? {} : { [name]: value };
};
const shown = (view: GroupView): Answer => ({ value: view, text: groupLine(view) });
const answer = (given: "later" | "decline"): Deed => ({
  words: ["JID"],
  async run(api, jid) {
    const value = await api.ask<GroupView>("POST", path(jid, "/invitation"), { answer: given });
    const done = given === "later" ? "put aside; join or decline it later" : "declined";
    return { value, text: `the invitation to ${printable(value.name)} is ${done}` };
  },
});

const deeds: Readonly<Record<string, Deed>> = {
  list: {
    words: [],
    async run(api) {
      const all = await api.ask<GroupView[]>("GET", "/api/groups");
      return { value: all, text: all.map(groupLine).join("\n") || "No groups yet." };
    },
  },
  make: {
    words: ["NAME"],
    takes: ["server", "key-server", "registrar", "suite", ...Object.keys(TICKET_OPTIONS)],
    async run(api, name, _, invocation) {
      const [jid, key, ...rest] = text(invocation, "key-server")?.trim().split(/\s+/) ?? [];
      if (jid !== undefined && (key === undefined || rest.length > 0)) {
        throw new UsageError("--key-server takes an address and a key");
      }
      const keyServer = jid === undefined ? {} : { keyServer: { jid, key } };
      const named = texts(invocation, "registrar");
      const registrars = named.length === 0 ? {} : { registrars: named };
      const suites = texts(invocation, "suite");
      const ticket = await ticketOf(invocation);
      const asked = {
        name,
        ...suites.length === 0 ? {} : { suites },
        ...given(invocation, "server"),
        ...keyServer,
        ...registrars,
        ...ticket,
      };
      const waiting = jid === undefined ? undefined : setTimeout(
        () => invocation.io.err(printable(`The key server ${jid} is asked, for 30 s at most …`)),
        TOLD_AFTER,
      );
      try {
        return shown(await api.ask("POST", "/api/groups", asked));
      } finally {
        clearTimeout(waiting);
      }
    },
  },
  invite: {
    words: ["JID", "CONTACT"],
    takes: ["role", "reason"],
    async run(api, jid, [contact], invocation) {
      requireRole("--role", text(invocation, "role") ?? "member", GIVEN);
      const asked = { contact, ...given(invocation, "role"), ...given(invocation, "reason") };
      await api.ask("POST", path(jid, "/invite"), asked);
      return { value: { group: jid, invited: contact }, text: `${contact} is invited` };
    },
  },
  join: {
    words: ["JID"],
    wordsOf: (invocation) => text(invocation, "spec") === undefined ? ["JID"] : [],
    takes: ["spec", ...Object.keys(TICKET_OPTIONS)],
    async run(api, jid, _, invocation) {
      const file = text(invocation, "spec");
      if (file !== undefined) {
        const specification = await readSpecification(file, invocation);
        const asked = { specification, ...await ticketOf(invocation) };
        return shown(await api.ask("POST", "/api/specified-group", asked));
      }
      const known = await find(api, jid);
      const ticket = await ticketOf(invocation);
      return shown(
        known.state === "invited"
          ? await api.ask("POST", path(jid, "/invitation"), { answer: "accept", ...ticket })
          : await api.ask("POST", path(jid, "/join"), ticket),
      );
    },
  },
  later: answer("later"),
  decline: answer("decline"),
  leave: {
    words: ["JID"],
    takes: ["force"],
    async run(api, jid, _, { options }) {
      const { state, name } = await find(api, jid);
      await api.ask("POST", path(jid, "/leave"), options.force === true ? { force: true } : {});
      if (state === "invited") {
        return { value: { left: jid }, text: `the invitation to ${printable(name)} is declined` };
      }
      return { value: { left: jid }, text: `${jid} is left, and what was said there deleted here` };
    },
  },
  expel: {
    words: ["JID", "CONTACT"],
    async run(api, jid, [member]) {
      const { members } = await find(api, jid);
      await api.ask("POST", path(jid, "/expel"), { member });
      const wasIn = members.some((one) =>
        one.jid === member || `${one.jid}/${one.device}` === member
      );
      return {
        value: { group: jid, expelled: member },
        text: wasIn
          ? `${member} is out, the key is another`
          : `${member} was not in, and may not come in any more`,
      };
    },
  },
  withdraw: {
    words: ["JID", "CONTACT"],
    async run(api, jid, [contact]) {
      await api.ask("POST", path(jid, "/withdraw"), { contact });
      return {
        value: { group: jid, withdrawn: contact },
        text: `${contact} may not come in any more`,
      };
    },
  },
  role: {
    words: ["JID", "CONTACT", "ROLE"],
    async run(api, jid, [member, role = ""]) {
      requireRole("ROLE", role, [...GIVEN, "owner"]);
      await api.ask("PUT", path(jid, "/role"), { member, role });
      return { value: { group: jid, member, role }, text: `${member} is ${role} now` };
    },
  },
  send: { words: ["JID", "TEXT"], run: send },
  watch: {
    words: ["JID"],
    async run(api, jid, _, { io, json }) {
      await find(api, jid);
      return await watchRoom(api, jid, "keystone", io, json);
    },
  },
  status: {
    words: ["JID"],
    async run(api, jid) {
      const view = await find(api, jid);
      return { value: view, text: groupStatus(view) };
    },
  },
  specification: {
    words: ["JID"],
    async run(api, jid) {
      const value = await api.ask<{ text: string }>("GET", path(jid, "/specification"));
      return { value, text: value.text.trimEnd() };
    },
  },
  end: {
    words: ["JID"],
    takes: ["yes"],
    async run(api, jid, _, invocation) {
      const { name } = await find(api, jid);
      sure(invocation, `End the group ${printable(name)} for everybody in it?`, "ended");
      await api.ask("POST", path(jid, "/end"));
      return { value: { ended: jid }, text: `${jid} is ended for everybody` };
    },
  },
};

/** Roles that are given; who is an owner stands in the specification. */
const GIVEN = ["admin", "member", "listener"];

/** @throws UsageError */
function requireRole(what: string, role: string, roles: readonly string[]): void {
  if (roles.includes(role)) return;
  throw new UsageError(`${what} is ${roles.join(", ")}, not "${role}"`);
}

/** @throws SimppdError `unknown-group` */
async function find(api: LocalApi, jid: string): Promise<GroupView> {
  const found = (await api.ask<GroupView[]>("GET", "/api/groups")).find((one) => one.jid === jid);
  if (found !== undefined) return found;
  throw new SimppdError("unknown-group", `${jid} is none of your groups; see simppd group list.`);
}

/** Says something, sealed, and waits until the room has repeated it. */
async function send(
  api: LocalApi,
  jid: string,
  [words = ""]: readonly string[],
  { io }: Invocation,
): Promise<Answer> {
  const body = words === "-" ? await io.rest() : words;
  if (body.trim() === "") throw new SimppdError("bad-input", "TEXT is empty: nothing was sent.");
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), SENT_WITHIN);
  try {
    const events = await api.events(over.signal);
    const sent = await api.ask<RoomMessageView>("POST", path(jid, "/messages"), { body });
    const message = await settled(sent, events);
    return { value: message, text: `${message.delivery}, encrypted` };
  } catch (error) {
    if (!over.signal.aborted) throw error;
    throw notRepeated(SENT_WITHIN, error);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

/** What became of a message. @throws SimppdError with its problem's code */
export async function settled(
  sent: RoomMessageView,
  events: AsyncIterable<AppEvent>,
): Promise<RoomMessageView> {
  for await (const { type, data } of events) {
    if (type !== "room-message" || data.id !== sent.id) continue;
    if (data.delivery === "sent") return data;
    if (data.delivery === "failed") {
      const { code = "not-sent", message = "It could not be sent." } = data.problem ?? {};
      throw new SimppdError(code, message);
    }
  }
  throw new SimppdError("no-answer", "simppd ended before the room had the message.");
}
