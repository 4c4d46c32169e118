import { type ListedLimit, listLimits } from "../xmpp/server/mod.ts";
import { type Answer, expectWords, type Invocation } from "./verb.ts";

export function serverLimits({ words }: Invocation): Promise<Answer> {
  expectWords(words);
  const limits = listLimits();
  return Promise.resolve({ value: limits, text: limits.map(line).join("\n") });
}

function line({ name, unit, least, most, about, ...limit }: ListedLimit): string {
  const of = unit === "ms" || unit === "bytes" ? ` ${unit}` : "";
  return `${name.padEnd(26)} ${about} ${limit.default}${of} (${least} to ${most})`;
}
