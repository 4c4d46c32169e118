import type { ContactView, SafetyView } from "../views/mod.ts";
import { contactPath, LocalApi } from "./local_api.ts";
import { printable } from "./printable.ts";
import { type Answer, expectWords, text, UsageError, type Verb } from "./verb.ts";

export const contact: Verb = {
  name: "contact",
  summary: "List, add, answer, rename, remove, forget, block and verify contacts",
  usage: [
    "contact list",
    "contact add JID [--name NAME]",
    "contact accept JID",
    "contact rename JID NAME",
    "contact remove JID                           takes them off the list; the chat stays",
    "contact clear JID                            deletes the chat from the disk; they stay",
    "contact forget JID                           removes them, chat and keys, from the disk",
    "contact block|unblock JID",
    "contact verify JID                           shows the safety number",
    "contact verify JID NUMBER                    marks it as compared",
    "contact plain|sealed JID                     writes without encryption, or no more",
    "contact trust|distrust JID                   decides about a changed key",
  ],
  options: { name: { type: "string" } },
  async run(invocation) {
    const [action = "list", ...words] = invocation.words;
    const name = text(invocation, "name");
    if (name !== undefined && action !== "add") {
      throw new UsageError("--name goes with contact add");
    }
    const deed = deeds[action];
    if (deed === undefined) throw new UsageError(`"${action}" is not something contact can do`);
    const [jid, second] = deed.words(words);
    const api = await LocalApi.open(invocation.state);
    return await deed.run(api, jid ?? "", second ?? "", name);
  },
};

interface Deed {
  words(words: readonly string[]): string[];
  run(api: LocalApi, jid: string, second: string, name?: string): Promise<Answer>;
}

const one = (words: readonly string[]) => expectWords(words, "JID");
const change = (body: Record<string, unknown>): Deed => ({
  words: one,
  run: async (api, jid) => shown(await api.ask("PATCH", contactPath(jid), body)),
});
const decide = (accept: boolean): Deed => ({
  words: one,
  run: async (api, jid) => shown(await api.ask("POST", contactPath(jid, "/decide"), { accept })),
});

const deeds: Readonly<Record<string, Deed>> = {
  list: {
    words: (words) => expectWords(words),
    async run(api) {
      const all = await api.ask<ContactView[]>("GET", "/api/contacts");
      return { value: all, text: all.map(line).join("\n") || "No contacts yet." };
    },
  },
  add: {
    words: one,
    async run(api, jid, _, name) {
      const body = { jid, ...(name === undefined ? {} : { name }) };
      return shown(await api.ask("POST", "/api/contacts", body));
    },
  },
  accept: change({ accept: true }),
  block: change({ blocked: true }),
  unblock: change({ blocked: false }),
  plain: change({ plain: true }),
  sealed: change({ plain: false }),
  trust: decide(true),
  distrust: decide(false),
  rename: {
    words: (words) => expectWords(words, "JID", "NAME"),
    run: async (api, jid, name) => shown(await api.ask("PATCH", contactPath(jid), { name })),
  },
  remove: {
    words: one,
    async run(api, jid) {
      await api.ask("DELETE", contactPath(jid));
      return {
        value: { removed: jid },
        text: `${jid} is removed; the chat stays (simppd contact clear ${jid} deletes it)`,
      };
    },
  },
  clear: {
    words: one,
    async run(api, jid) {
      await api.ask("DELETE", contactPath(jid, "/messages"));
      return { value: { cleared: jid }, text: `the chat with ${jid} is deleted` };
    },
  },
  forget: {
    words: one,
    async run(api, jid) {
      await api.ask("POST", contactPath(jid, "/forget"));
      return { value: { forgotten: jid }, text: `${jid} is forgotten` };
    },
  },
  verify: {
    words: (words) => words.length > 1 ? expectWords(words, "JID", "NUMBER") : one(words),
    async run(api, jid, number) {
      if (number !== "") {
        return shown(await api.ask("POST", contactPath(jid, "/verify"), { number }));
      }
      const safety = await api.ask<SafetyView>("GET", contactPath(jid, "/safety"));
      const groups = safety.number.match(/.{1,5}/g)?.join(" ") ?? "";
      return {
        value: safety,
        text: `${groups}\nIf ${jid} sees the same: simppd contact verify ${jid} ${safety.number}`,
      };
    },
  },
};

function line(view: ContactView): string {
  const { jid, name, presence, subscription, trust, blocked, plain, unread } = view;
  const words = [presence, `subscription ${subscription}`, trust.state];
  if (plain) words.push("not encrypted");
  if (blocked) words.push("blocked");
  if (unread > 0) words.push(`${unread} unread`);
  return `${printable(jid)} (${printable(name)}): ${words.join(", ")}`;
}

function shown(view: ContactView): Answer {
  return { value: view, text: line(view) };
}
