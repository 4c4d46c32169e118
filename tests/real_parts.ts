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
  const reason = `${program} is not installed`;
  if (Deno.env.get("CI")) throw new Error(reason);
  Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${reason}\n`));
  return true;
}
