import { SimppdError } from "../base/mod.ts";
import { readHost } from "../app/mod.ts";
import { secretIn } from "./secret_file.ts";
import { type Invocation, text, UsageError } from "./verb.ts";

/** `DOMAIN=@FILE`: a secret on a command line could be read by every process. */
export function componentOf(given: string): { domain: string; secret: string } {
  const match = /^([^=]+)=@(.+)$/.exec(given);
  if (match === null) throw new UsageError(`--component takes DOMAIN=@FILE, not "${given}"`);
  const [, domain, path] = match as unknown as [string, string, string];
  return { domain, secret: secretIn(path) };
}

/** Port of components where nobody says otherwise. */
const COMPONENT_PORT = 5347;

/** `--component DOMAIN=@FILE` with `--server HOST:PORT`: which component one is, and where. */
export function componentSettings(invocation: Invocation) {
  const given = text(invocation, "component");
  if (given === undefined) throw new UsageError("--component DOMAIN=@FILE is missing");
  const named = text(invocation, "server") ?? `127.0.0.1:${COMPONENT_PORT}`;
  const at = readHost(named);
  if (at === undefined) throw new UsageError(`--server takes HOST:PORT, not "${named}"`);
  return { ...componentOf(given), ...at };
}

/** `--NAME`, which must be given. */
export function needed(invocation: Invocation, name: string, value: string): string {
  const given = text(invocation, name);
  if (given === undefined || given === "") throw new UsageError(`--${name} ${value} is missing`);
  return given;
}

/** Does `work` in a directory that `--data` names, which is what another one is chosen by. */
export async function inData<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SimppdError) || !error.publicMessage.includes("--state")) throw error;
    throw new SimppdError(error.code, error.publicMessage.replaceAll("--state", "--data"), error);
  }
}
