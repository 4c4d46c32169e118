import { join } from "node:path";
import { SimppdError } from "../../base/mod.ts";

/**
 * What is only looked at is not made: a mistyped directory would show a key that nobody uses.
 * @param file what is in the directory once something is kept there
 * @throws SimppdError `nothing-kept`
 */
export async function requireKept(path: string, file: string): Promise<void> {
  try {
    await Deno.stat(join(path, file));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw nothingKept(path, error);
  }
}

/** The error of who looks where nothing is. */
export function nothingKept(path: string, cause?: unknown): SimppdError {
  return new SimppdError(
    "nothing-kept",
    `Nothing is kept in ${path}: name the directory it was run with (--data).`,
    cause,
  );
}
