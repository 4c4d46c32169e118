import { join, resolve } from "node:path";
import { type Bytes, SimppdError } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { type DatabaseSync, openDatabase } from "./database.ts";
import { MIGRATIONS } from "./schema.ts";
import { Vault } from "./vault.ts";

/**
 * One directory, one owner: it holds `simppd.db`, the key that seals values in it (`key`, 0600) and
 * the lock. A second daemon on it is refused while the first one lives.
 */
export class StateDirectory {
  readonly path: string;
  readonly db: DatabaseSync;
  readonly vault: Vault;
  readonly #lock: Deno.FsFile;

  private constructor(path: string, db: DatabaseSync, vault: Vault, lock: Deno.FsFile) {
    this.path = path;
    this.db = db;
    this.vault = vault;
    this.#lock = lock;
  }

  /**
   * Opens the directory, making it when absent.
   * @throws SimppdError `state-locked`, `state-unusable`, `schema-newer`
   */
  static async open(path: string): Promise<StateDirectory> {
    const root = resolve(path);
    const lock = await takeLock(root);
    try {
      const vault = new Vault(await masterKey(join(root, "key")), systemRandom);
      const db = openDatabase(join(root, "simppd.db"), MIGRATIONS);
      return new StateDirectory(root, db, vault, lock);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** Path of a file in the directory. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Closes the database, then gives up the lock. */
  close(): void {
    this.db.close();
    this.#lock.close();
  }
}

async function takeLock(root: string): Promise<Deno.FsFile> {
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(root, { recursive: true, mode: 0o700 });
    if (Deno.build.os !== "windows") await Deno.chmod(root, 0o700);
    lock = await Deno.open(join(root, "lock"), { create: true, write: true, mode: 0o600 });
  } catch (error) {
    throw new SimppdError(
      "state-unusable",
      `${root} cannot be used as state directory: it must be a directory you can write to. ` +
        "Choose another with --state.",
      error,
    );
  }
  if (await lock.tryLock(true)) return lock;
  lock.close();
  throw new SimppdError(
    "state-locked",
    `Another simppd is running on ${root}. Use that one (simppd open), end it, or choose another ` +
      "directory with --state.",
  );
}

/** Reads the master key, or makes it on the first run; never replaces one that is damaged. */
async function masterKey(path: string): Promise<Bytes> {
  try {
    const key = await Deno.readFile(path);
    if (key.length === 32) return key;
    throw new SimppdError(
      "key-damaged",
      `${path} should hold 32 bytes and holds ${key.length}. Put the right file back: without it ` +
        "nothing in this directory can be opened.",
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const key = systemRandom(32);
  await Deno.writeFile(path, key, { createNew: true, mode: 0o600 });
  return key;
}
