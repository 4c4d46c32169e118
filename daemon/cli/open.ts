import { openBrowser } from "./browser.ts";
import { LocalApi } from "./local_api.ts";
import { expectWords, type Verb } from "./verb.ts";

export const open: Verb = {
  name: "open",
  summary: "Open the running daemon's dashboard",
  usage: ["open [--no-open]                             --no-open only prints the link"],
  options: { "no-open": { type: "boolean" } },
  async run({ words, state, options }) {
    expectWords(words);
    const api = await LocalApi.open(state);
    const { link } = await api.ask<{ link: string }>("POST", "/api/launch");
    if (options["no-open"] !== true) await openBrowser(state, link);
    return { value: { link }, text: link };
  },
};
