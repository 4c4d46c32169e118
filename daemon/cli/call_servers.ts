import { readHost } from "../app/mod.ts";
import { SimppdError } from "../base/mod.ts";
import type { IceServer } from "../p2p/mod.ts";
import { type Invocation, texts, UsageError } from "./verb.ts";

/** What `--stun HOST:PORT` and `--turn USER@HOST:PORT=@FILE` name. @throws UsageError, SimppdError */
export function callServersOf(invocation: Invocation): IceServer[] {
  const stun = texts(invocation, "stun").map((text): IceServer => {
    const at = readHost(text);
    if (at === undefined) throw new UsageError(`--stun takes HOST:PORT, not "${text}"`);
    return { kind: "stun", ...at };
  });
  const turn = texts(invocation, "turn").map((text): IceServer => {
    const match = /^(.+)@([^@]+)=@(.+)$/.exec(text);
    const at = readHost(match?.[2] ?? "");
    if (match === null || at === undefined) {
      throw new UsageError(`--turn takes USER@HOST:PORT=@FILE, not "${text}"`);
    }
    const credentials = { username: match[1]!, password: firstLine(match[3]!) };
    return { kind: "turn", ...at, credentials };
  });
  return [...stun, ...turn];
}

/** @throws SimppdError `bad-secret` */
function firstLine(path: string): string {
  try {
    return Deno.readTextFileSync(path).split("\n", 1)[0]!.trim();
  } catch (error) {
    throw new SimppdError("bad-secret", `The password in ${path} cannot be read.`, error);
  }
}
