import { openBrowser } from "./browser.ts";
import { LocalApi } from "./local_api.ts";
import { expectWords, type Verb } from "./verb.ts";

export const open: Verb = {
  name: "open",
  summary: "Open the running daemon's dashboard",
  usage: [
    "open [--no-open] [--kiosk]                   --no-open only prints the link; --kiosk: the stage",
    "                                             alone, for a wall or tablet",
  ],
  options: { "no-open": { type: "boolean" }, kiosk: { type: "boolean" } },
  async run({ words, state, options }) {
    expectWords(words);
    const api = await LocalApi.open(state);
    const launch = await api.ask<{ link: string }>("POST", "/api/launch");
    const link = options.kiosk === true ? `${launch.link}&kiosk` : launch.link;
    if (options["no-open"] !== true) await openBrowser(state, link);
    return { value: { link }, text: link };
  },
};
