import { join } from "node:path";
import { SimppdError } from "../base/mod.ts";

/**
 * Checks that nobody else had a hand in a directory that is there already: it and all in it belong to
 * who runs this, and nothing in it is a link to somewhere else. Nothing to check where it is not there
 * yet, and on Windows.
 * @param option of the command line by which another directory is chosen
 * @throws SimppdError `state-unusable`
 */
export async function checkPrivate(root: string, option: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  let owner: number | null;
  try {
    owner = (await Deno.stat(root)).uid;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (owner !== await ownId(root)) {
    throw unusable(`${root} belongs to another user of this machine.`, option);
  }
  for await (const { name, isSymlink } of Deno.readDir(root)) {
    if (isSymlink) {
      throw unusable(`${name} in ${root} is a link to somewhere else.`, option);
    }
    const entry = await Deno.lstat(join(root, name)).catch(ifGone);
    if (entry !== undefined && entry.uid !== owner) {
      throw unusable(`${name} in ${root} belongs to another user of this machine.`, option);
    }
  }
}

/** Whose what we make there is: asking the system for it would take a permission of its own. */
async function ownId(root: string): Promise<number | null> {
  const path = await Deno.makeTempFile({ dir: root, prefix: "owner-" });
  try {
    return (await Deno.lstat(path)).uid;
  } finally {
    await Deno.remove(path);
  }
}

/** Another that starts at this moment may look, too, and be done with it. */
function ifGone(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

function unusable(why: string, option: string): SimppdError {
  return new SimppdError(
    "state-unusable",
    `${why} Whoever put it there could read what is kept, or have files elsewhere deleted. Look at ` +
      `it, then move it away, or choose another directory with ${option}.`,
  );
}
