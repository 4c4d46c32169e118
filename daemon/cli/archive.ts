import type { ArchiveView } from "../views/mod.ts";
import { LocalApi } from "./local_api.ts";
import { printable } from "./printable.ts";
import { type Answer, expectWords, UsageError, type Verb } from "./verb.ts";

const PATH = "/api/archive";
const KEPT: Record<ArchiveView["default"], string> = {
  always: "keeps messages with everybody",
  never: "keeps no messages",
  roster: "keeps messages with contacts alone",
};

export const archive: Verb = {
  name: "archive",
  summary: "Show or choose what your server's archive keeps of your messages",
  usage: [
    "archive                                      shows it",
    "archive default always|never|roster          for all without a choice of their own; roster:",
    "                  with contacts alone",
    "archive always|never|usual JID               for one address; usual: as with all",
  ],
  options: {},
  async run({ words, state }) {
    const [action, ...rest] = words;
    if (action === undefined) {
      return shown(await (await LocalApi.open(state)).ask<ArchiveView>("GET", PATH));
    }
    const change = changeOf(action, rest);
    const api = await LocalApi.open(state);
    const now = await api.ask<ArchiveView>("GET", PATH);
    return shown(await api.ask<ArchiveView>("PUT", PATH, change(now)));
  },
};

/** @throws UsageError */
function changeOf(action: string, rest: readonly string[]): (now: ArchiveView) => ArchiveView {
  if (action === "default") {
    const [wanted] = expectWords(rest, "always, never or roster");
    if (wanted !== "always" && wanted !== "never" && wanted !== "roster") {
      throw new UsageError(`the default is always, never or roster, not "${wanted}"`);
    }
    return (now) => ({ ...now, default: wanted });
  }
  if (action !== "always" && action !== "never" && action !== "usual") {
    throw new UsageError(`"${action}" is not something archive can do`);
  }
  const [jid] = expectWords(rest, "JID") as [string];
  const others = (jids: readonly string[]) => jids.filter((each) => each !== jid);
  return (now) => ({
    default: now.default,
    always: [...others(now.always), ...(action === "always" ? [jid] : [])],
    never: [...others(now.never), ...(action === "never" ? [jid] : [])],
  });
}

function shown(view: ArchiveView): Answer {
  const lines = [
    `your server ${KEPT[view.default]}`,
    ...view.always.map((jid) => `${printable(jid)}: kept`),
    ...view.never.map((jid) => `${printable(jid)}: not kept`),
  ];
  return { value: view, text: lines.join("\n") };
}
