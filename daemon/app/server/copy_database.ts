import { backup, DatabaseSync } from "node:sqlite";
import { SimppdError } from "../../base/mod.ts";

/** More pages than there are: all in one step, which nobody who writes can make begin anew. */
const ALL_PAGES = 0x7fff_ffff;

/**
 * Makes a consistent copy of a SQLite file that somebody else may be writing to; they are not held
 * up. The copy (0600) is there whole or not at all, and overwrites nothing.
 * @returns its size in bytes
 * @throws SimppdError `bad-input`, `backup-failed`
 */
export async function copyDatabase(source: string, file: string): Promise<number> {
  const part = `${file}.part`;
  try {
    await Deno.lstat(file).then(() => Promise.reject(new Deno.errors.AlreadyExists()), (error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await Deno.writeFile(part, new Uint8Array(), { createNew: true, mode: 0o600 });
  } catch (error) {
    throw new SimppdError(
      "bad-input",
      `${file} (or ${part}) is there already, or cannot be written; name another file.`,
      error,
    );
  }
  try {
    const live = new DatabaseSync(source, { readOnly: true });
    try {
      await backup(live, part, { rate: ALL_PAGES });
    } finally {
      live.close();
    }
    const copy = await Deno.open(part, { read: true, write: true });
    try {
      await copy.sync();
    } finally {
      copy.close();
    }
    await Deno.rename(part, file);
    return (await Deno.stat(file)).size;
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw new SimppdError(
      "backup-failed",
      `${source} could not be copied; ${file} was not made. Is there room on the disk?`,
      error,
    );
  }
}
