/**
 * Is a program here that a test works with? When not, says so, so that the skip has a reason; on a
 * build machine (CI set) nothing may be skipped.
 * @throws Error in CI, when it is absent
 */
export function absent(program: string): boolean {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (Deno.statSync(`${folder}/${program}`).isFile) return false;
    } catch {
      // not in this folder
    }
  }
  return absentPeer(program, false);
}

/** As {@link absent}, for a peer that is looked for in a way of its own. @throws Error in CI */
export function absentPeer(name: string, installed: boolean): boolean {
  if (installed) return false;
  const reason = `${name} is not installed`;
  if (Deno.env.get("CI")) throw new Error(reason);
  Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${reason}\n`));
  return true;
}
