import { SimppdError } from "../base/mod.ts";
import type { AppEvent, RoomMemberView, RoomMessageView, RoomView } from "../views/mod.ts";
import { LocalApi } from "./local_api.ts";
import { printable } from "./printable.ts";
import { findRoom, notRepeated, said, watchRoom } from "./room_watch.ts";
import { type Answer, expectWords, type Invocation, text, UsageError, type Verb } from "./verb.ts";

/** How long `send` waits for the room to repeat what was said, in ms. */
const SENT_WITHIN = 30_000;
/** What stands in the list for the room of a group. */
const GROUP = "encrypted group, see simppd group";

export const room: Verb = {
  name: "room",
  summary: "Rooms of several people. They are not encrypted: the room's server can read everything",
  usage: [
    "room list",
    "room create NAME --plain [--server DOMAIN] [--open] [--moderated] [--password-stdin]",
    "                  a room for members; --plain: you know that rooms are not encrypted; --open:",
    "                  for all who know its address; --moderated: who is no member reads only",
    "room join JID --plain [--nick NICK] [--password-stdin]",
    "room accept JID --plain | later JID | decline JID",
    "                                             answers an invitation",
    "room leave JID                               also deletes what was said there from the disk",
    "room send JID TEXT                           TEXT may be - : read from standard input",
    "room watch JID                               prints what is said until it is interrupted",
    "room messages JID                            the newest hundred",
    "room members JID",
    "room invite JID CONTACT [--reason TEXT]",
    "room kick JID NICK [--reason TEXT]",
    "room role JID NICK moderator|participant|visitor",
    "room affiliation JID CONTACT owner|admin|member|none|outcast",
    "room ban JID CONTACT [--reason TEXT]",
    "room subject JID TEXT",
    "room destroy JID [--reason TEXT]             ends it for everybody",
  ],
  options: {
    plain: { type: "boolean" },
    open: { type: "boolean" },
    moderated: { type: "boolean" },
    server: { type: "string" },
    nick: { type: "string" },
    reason: { type: "string" },
    "password-stdin": { type: "boolean" },
  },
  async run(invocation) {
    const [action = "list", ...words] = invocation.words;
    const deed = deeds[action];
    if (deed === undefined) throw new UsageError(`"${action}" is not something room can do`);
    for (const name of Object.keys(room.options)) {
      if (invocation.options[name] !== undefined && !(deed.takes ?? []).includes(name)) {
        throw new UsageError(`--${name} does not go with room ${action}`);
      }
    }
    const [jid = "", ...rest] = expectWords(words, ...deed.words);
    return await deed.run(await LocalApi.open(invocation.state), jid, rest, invocation);
  },
};

interface Deed {
  readonly words: readonly string[];
  /** Options it takes. */
  readonly takes?: readonly string[];
  run(
    api: LocalApi,
    jid: string,
    words: readonly string[],
    invocation: Invocation,
  ): Promise<Answer | null>;
}

const path = (jid: string, rest = "") => `/api/rooms/${encodeURIComponent(jid)}${rest}`;
const chosen = ({ options }: Invocation, ...names: string[]) =>
  Object.fromEntries(names.filter((name) => options[name] === true).map((name) => [name, true]));
const plain = (invocation: Invocation) => chosen(invocation, "plain");
const passwordOf = async ({ options, io }: Invocation) =>
  options["password-stdin"] === true ? { password: (await io.rest()).replace(/\r?\n$/, "") } : {};
const given = (invocation: Invocation, name: string) => {
  const value = text(invocation, name);
  return value === undefined ? {} : { [name]: value };
};
const member = (change: (word: string, third: string) => Record<string, string>) =>
async (
  api: LocalApi,
  jid: string,
  [word = "", third = ""]: readonly string[],
  invocation: Invocation,
): Promise<Answer> => {
  const asked = { ...change(word, third), ...given(invocation, "reason") };
  await api.ask("PATCH", path(jid, "/members"), asked);
  return { value: { room: jid, ...asked }, text: "done" };
};
const answer = (given: "accept" | "later" | "decline"): Deed => ({
  words: ["JID"],
  takes: given === "accept" ? ["plain"] : [],
  run: async (api, jid, _, invocation) =>
    shown(
      await api.ask("POST", path(jid, "/invitation"), { answer: given, ...plain(invocation) }),
    ),
});

const deeds: Readonly<Record<string, Deed>> = {
  list: {
    words: [],
    async run(api) {
      const all = await api.ask<RoomView[]>("GET", "/api/rooms");
      return { value: all, text: all.map(line).join("\n") || "No rooms yet." };
    },
  },
  create: {
    words: ["NAME"],
    takes: ["plain", "server", "open", "moderated", "password-stdin"],
    run: async (api, name, _, invocation) =>
      shown(
        await api.ask("POST", "/api/rooms", {
          name,
          ...given(invocation, "server"),
          ...chosen(invocation, "plain", "open", "moderated"),
          ...await passwordOf(invocation),
        }),
      ),
  },
  join: {
    words: ["JID"],
    takes: ["plain", "nick", "password-stdin"],
    async run(api, jid, _, invocation) {
      const password = await passwordOf(invocation);
      const asked = { jid, ...given(invocation, "nick"), ...password, ...plain(invocation) };
      return shown(await api.ask("POST", "/api/rooms/join", asked));
    },
  },
  accept: answer("accept"),
  later: answer("later"),
  decline: answer("decline"),
  leave: {
    words: ["JID"],
    async run(api, jid) {
      await api.ask("DELETE", path(jid));
      return { value: { left: jid }, text: `${jid} is left, and what was said there deleted here` };
    },
  },
  send: { words: ["JID", "TEXT"], run: send },
  watch: {
    words: ["JID"],
    run: (api, jid, _, { io, json }) => watchRoom(api, jid, "none", io, json),
  },
  messages: {
    words: ["JID"],
    async run(api, jid) {
      await findRoom(api, jid, "none");
      const page = await api.ask<RoomMessageView[]>("GET", path(jid, "/messages"));
      return { value: page, text: page.map(said).join("\n") || "Nothing was said yet." };
    },
  },
  members: {
    words: ["JID"],
    async run(api, jid) {
      const members = await api.ask<RoomMemberView[]>("GET", path(jid, "/members"));
      const text = members.map(({ nick, jid, affiliation, role, presence }) => {
        const who = nick === "" ? "(not there)" : printable(nick);
        return `${who} ${
          printable(jid ?? "(address hidden)")
        }: ${presence}, ${affiliation}, ${role}`;
      }).join("\n");
      return { value: members, text: text || "You are not in this room." };
    },
  },
  invite: {
    words: ["JID", "CONTACT"],
    takes: ["reason"],
    async run(api, jid, [contact], invocation) {
      await api.ask("POST", path(jid, "/invite"), { contact, ...given(invocation, "reason") });
      return { value: { room: jid, invited: contact }, text: `${contact} is invited` };
    },
  },
  kick: {
    words: ["JID", "NICK"],
    takes: ["reason"],
    run: member((nick) => ({ nick, role: "none" })),
  },
  role: { words: ["JID", "NICK", "ROLE"], run: member((nick, role) => ({ nick, role })) },
  affiliation: {
    words: ["JID", "CONTACT", "AFFILIATION"],
    run: member((jid, affiliation) => ({ jid, affiliation })),
  },
  ban: {
    words: ["JID", "CONTACT"],
    takes: ["reason"],
    run: member((jid) => ({ jid, affiliation: "outcast" })),
  },
  subject: {
    words: ["JID", "TEXT"],
    run: async (api, jid, [subject]) => shown(await api.ask("PATCH", path(jid), { subject })),
  },
  destroy: {
    words: ["JID"],
    takes: ["reason"],
    async run(api, jid, _, invocation) {
      await api.ask("POST", path(jid, "/destroy"), given(invocation, "reason"));
      return { value: { destroyed: jid }, text: `${jid} is ended for everybody` };
    },
  },
};

/** Says something and waits until the room has repeated it. */
async function send(
  api: LocalApi,
  jid: string,
  [words = ""]: readonly string[],
  { io }: Invocation,
): Promise<Answer> {
  const body = words === "-" ? await io.rest() : words;
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), SENT_WITHIN);
  try {
    const events = await api.events(over.signal);
    const sent = await api.ask<RoomMessageView>("POST", path(jid, "/messages"), { body });
    const message = await settled(sent, events);
    return { value: message, text: `${message.delivery}, not encrypted` };
  } catch (error) {
    if (!over.signal.aborted) throw error;
    throw notRepeated(SENT_WITHIN, error);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

async function settled(
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

function line(view: RoomView): string {
  const { jid, name, encryption, state, occupants, unread, mentions, invitation, problem } = view;
  const words = [encryption === "none" ? "not encrypted" : GROUP, state as string];
  if (state === "in") words.push(`${occupants} there`);
  if (invitation !== null) words.push(`invited by ${printable(invitation.from)}`);
  if (problem !== null) words.push(printable(problem.message));
  if (unread > 0) words.push(`${unread} unread`);
  if (mentions > 0) words.push(`${mentions} name you`);
  return `${printable(jid)} (${printable(name)}): ${words.join(", ")}`;
}

function shown(view: RoomView): Answer {
  return { value: view, text: line(view) };
}
