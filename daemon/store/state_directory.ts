import { join, resolve } from "node:path";
import { SimppdError, sleep } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { type DatabaseSync, openDatabase } from "./database.ts";
import { LogCutter } from "./log_cutter.ts";
import { checkPrivate } from "./private_directory.ts";
import { MIGRATIONS } from "./schema.ts";
import { type KeySurroundings, SealingKey } from "./sealing_key.ts";
import { Vault } from "./vault.ts";

const LOCK_TRIES = 5;

/**
 * A state directory that is ours alone and whose sealed values may still be out of reach: its lock
 * is held, its key is known to be there.
 */
export class StateHold {
  readonly path: string;
  readonly key: SealingKey;
  readonly #lock: Deno.FsFile;
  #opened = false;

  private constructor(path: string, key: SealingKey, lock: Deno.FsFile) {
    this.path = path;
    this.key = key;
    this.#lock = lock;
  }

  /**
   * Takes the directory, making it when absent.
   * @throws SimppdError `state-locked`, `state-unusable`, `key-damaged`, `key-missing`
   */
  static async take(path: string, surroundings: KeySurroundings = {}): Promise<StateHold> {
    const root = resolve(path);
    try {
      await checkPrivate(root, "--state");
    } catch (error) {
      throw error instanceof SimppdError ? error : unusable(root, "--state", error);
    }
    const lock = await takeLock(root);
    try {
      await removeScratch(root);
      return new StateHold(root, await SealingKey.find(root, surroundings), lock);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /**
   * Opens what is in it, once; closing that gives the directory free.
   * @throws SimppdError `schema-newer` and those of {@link SealingKey.open}
   */
  async open(passphrase?: string): Promise<StateDirectory> {
    const vault = new Vault(await this.key.open(passphrase), systemRandom);
    if (this.#opened) throw new SimppdError("not-locked", "simppd is not locked.");
    this.#opened = true;
    try {
      const db = openDatabase(join(this.path, "simppd.db"), MIGRATIONS);
      return new StateDirectory(this, db, vault);
    } catch (error) {
      this.#opened = false;
      throw error;
    }
  }

  /** Closes what {@link open} opened and forgets the key; the directory stays ours. */
  async lock(opened: StateDirectory): Promise<void> {
    opened.closeDatabase();
    await this.key.lock();
    this.#opened = false;
  }

  close(): void {
    this.#lock.close();
  }
}

/**
 * One directory, one owner: it holds `simppd.db`, the key that seals values in it (`key` or
 * `key.json`, 0600) and the lock. A second daemon on it is refused while the first one lives.
 */
export class StateDirectory {
  readonly db: DatabaseSync;
  readonly vault: Vault;
  readonly #hold: StateHold;
  readonly #cutter: LogCutter;

  /** @param hold given free when this is closed */
  constructor(hold: StateHold, db: DatabaseSync, vault: Vault) {
    this.#hold = hold;
    this.db = db;
    this.vault = vault;
    this.#cutter = new LogCutter(db);
  }

  /**
   * Opens a directory that needs no passphrase, making it when absent.
   * @throws SimppdError those of {@link StateHold.take} and {@link StateHold.open}
   */
  static async open(path: string): Promise<StateDirectory> {
    const hold = await StateHold.take(path);
    try {
      return await hold.open();
    } catch (error) {
      hold.close();
      throw error;
    }
  }

  get path(): string {
    return this.#hold.path;
  }
  get key(): SealingKey {
    return this.#hold.key;
  }

  /** A private folder in the directory; what a crash leaves of it is removed at the next start. */
  async makeScratch(): Promise<{ path: string; remove(): Promise<void> }> {
    const path = await Deno.makeTempDir({ dir: this.path, prefix: SCRATCH });
    return { path, remove: () => Deno.remove(path, { recursive: true }) };
  }

  /** Path of a file in the directory. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Closes the database; the directory stays its holder's. */
  closeDatabase(): void {
    this.#cutter.close();
    this.db.close();
  }

  /** Closes the database, then gives up the lock. */
  close(): void {
    this.closeDatabase();
    this.#hold.close();
  }
}

const SCRATCH = "scratch-";

/** What a crash left of {@link StateDirectory.makeScratch}. */
async function removeScratch(root: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(root)) {
    if (isDirectory && name.startsWith(SCRATCH)) {
      await Deno.remove(join(root, name), { recursive: true });
    }
  }
}

/**
 * Whether somebody holds a state directory: `held` by a daemon, `free`, or `none` when there is no
 * lock. Looking takes the lock for a moment, shared with others who look.
 */
export async function lockOf(path: string): Promise<"held" | "free" | "none"> {
  let lock: Deno.FsFile;
  try {
    lock = await Deno.open(join(resolve(path), "lock"), { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none";
    throw new SimppdError("state-unusable", `The lock of ${path} cannot be read.`, error);
  }
  try {
    return await lock.tryLock(false) ? "free" : "held";
  } finally {
    lock.close();
  }
}

/**
 * Makes a directory private (0700), when absent at all, and takes the lock in it; closing that gives
 * it up.
 * @param option of the command line by which another directory is chosen
 * @throws SimppdError `state-locked`, `state-unusable`
 */
export async function takeLock(root: string, option = "--state"): Promise<Deno.FsFile> {
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(root, { recursive: true, mode: 0o700 });
    if (Deno.build.os !== "windows") await Deno.chmod(root, 0o700);
    lock = await Deno.open(join(root, "lock"), { create: true, write: true, mode: 0o600 });
  } catch (error) {
    throw unusable(root, option, error);
  }
  for (let tries = 0; tries < LOCK_TRIES; tries++) {
    if (await lock.tryLock(true)) return lock;
    await sleep(20); // somebody may only be looking: lockOf()
  }
  lock.close();
  throw new SimppdError(
    "state-locked",
    `Another simppd is running on ${root}. Use that one, end it, or choose another directory with ` +
      `${option}.`,
  );
}

function unusable(root: string, option: string, cause: unknown): SimppdError {
  return new SimppdError(
    "state-unusable",
    `${root} cannot be used: it must be a directory you can write to. Choose another with ${option}.`,
    cause,
  );
}
