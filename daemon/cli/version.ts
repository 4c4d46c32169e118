import config from "../../deno.json" with { type: "json" };
import { expectWords, type Verb } from "./verb.ts";

/** This simppd's version, of deno.json. */
export const VERSION: string = config.version;

export const version: Verb = {
  name: "version",
  summary: "Print the version",
  usage: ["version"],
  options: {},
  run({ words }) {
    expectWords(words);
    const { deno, v8 } = Deno.version;
    return Promise.resolve({
      value: { simppd: VERSION, deno, v8 },
      text: `simppd ${VERSION} (deno ${deno})`,
    });
  },
};
