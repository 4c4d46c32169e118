import { SimppdError } from "../base/mod.ts";
import { printable } from "./printable.ts";

/** Permissions of anybody but the owner. */
const OF_OTHERS = 0o077;

/**
 * The first line of a file that holds a secret. Others of this machine who may read or change it
 * are told of, on standard error.
 * @throws SimppdError `bad-secret`
 */
export function secretIn(path: string): string {
  warnIfOpen(path);
  try {
    return Deno.readTextFileSync(path).split("\n", 1)[0]!.trim();
  } catch (error) {
    throw new SimppdError("bad-secret", `The secret in ${path} cannot be read.`, error);
  }
}

/** Says so when others than its owner may read or change the file at `path`. */
export function warnIfOpen(path: string): void {
  let mode: number | null;
  try {
    ({ mode } = Deno.statSync(path));
  } catch {
    return; // who reads it says why
  }
  // Windows has no such permissions.
  if (mode === null || Deno.build.os === "windows" || (mode & OF_OTHERS) === 0) return;
  const shown = (mode & 0o777).toString(8).padStart(4, "0");
  const line = `${path} holds a secret and is open to others (mode ${shown}): chmod 600 ${path}`;
  Deno.stderr.writeSync(new TextEncoder().encode(`warning: ${printable(line)}\n`));
}
