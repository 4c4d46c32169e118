import { join } from "node:path";
import { type Bytes, fromBase64, KeyedLock, SimppdError, toBase64, toHex } from "../base/mod.ts";
import {
  OpenError,
  passphraseKey,
  SCRYPT_COST,
  type ScryptCost,
  systemRandom,
} from "../crypto/mod.ts";
import { Attempts, requirePassphrase, wrongPassphrase } from "./attempts.ts";
import { destroyFile, type Disk, disk as realDisk, replaceFile } from "./disk.ts";
import { type Keyring, systemKeyring } from "./keyring.ts";
import {
  readWrappedKey,
  unwrapKey,
  wrapKey,
  type WrappedKey,
  type Wrapping,
} from "./wrapped_key.ts";

/** Who keeps the master key: a plain file beside the database, a passphrase, the system's keyring. */
export type Keeper = "file" | "passphrase" | "keyring";

/** To whom the master key is to be given. */
export type NewKeeper =
  | { readonly keeper: "file" }
  | { readonly keeper: "passphrase"; readonly passphrase: string }
  | { readonly keeper: "keyring" };

/** What a test may put in the place of the real thing. */
export interface KeySurroundings {
  readonly disk?: Disk;
  readonly keyring?: Keyring;
  readonly cost?: ScryptCost;
  readonly derive?: typeof passphraseKey;
  readonly now?: () => number;
}

/**
 * The master key that seals the values in a state directory: `key` holds it plainly, or `key.json`
 * wrapped. While both are there `key.json` decides, and the other is what a crash left behind: so
 * there is a usable key at every moment of a change.
 */
export class SealingKey {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #keyring: Keyring;
  readonly #cost: ScryptCost;
  readonly #derive: typeof passphraseKey;
  readonly #attempts: Attempts;
  readonly #turns = new KeyedLock();
  #wrapped: WrappedKey | null = null;
  #master: Bytes | null = null;

  private constructor(folder: string, surroundings: KeySurroundings) {
    this.#folder = folder;
    this.#disk = surroundings.disk ?? realDisk;
    this.#keyring = surroundings.keyring ?? systemKeyring();
    this.#cost = surroundings.cost ?? SCRYPT_COST;
    this.#derive = surroundings.derive ?? passphraseKey;
    this.#attempts = new Attempts(surroundings.now);
  }

  /**
   * Finds the key of a folder, or makes one where there is no database yet.
   * @throws SimppdError `key-damaged`, `key-missing`
   */
  static async find(folder: string, surroundings: KeySurroundings = {}): Promise<SealingKey> {
    const key = new SealingKey(folder, surroundings);
    await key.#load();
    return key;
  }

  get keeper(): Keeper {
    return this.#wrapped?.wrapping.keeper ?? "file";
  }
  /** The directory's name, when the key is wrapped. */
  get name(): string | null {
    return this.#wrapped?.name ?? null;
  }

  /**
   * The master key.
   * @throws SimppdError `locked` without a passphrase that is needed, `wrong-passphrase`,
   *   `too-many-attempts`, `no-keyring`, `keyring-empty`, `key-damaged`
   */
  async open(passphrase?: string): Promise<Bytes> {
    if (this.#master === null && this.#wrapped !== null) {
      this.#master = await this.#unwrap(this.#wrapped, passphrase);
      // What a crash left behind on the way from a plain file to a wrapped key.
      await destroyFile(this.#disk, this.#plainPath);
    }
    return this.#master!;
  }

  /** Forgets the master key, when it can be asked for again; a change that runs ends first. */
  lock(): Promise<void> {
    return this.#turns.run("change", () => {
      if (this.#wrapped !== null) this.#master = null;
      return Promise.resolve();
    });
  }

  /**
   * Gives the same master key to another keeper.
   * @param name the directory's name, which `key.json` shows while it is locked
   * @param current the passphrase in use, when there is one
   * @throws SimppdError `wrong-passphrase`, `too-many-attempts`, `bad-passphrase`, `no-keyring`;
   *   then nothing has changed
   */
  change(to: NewKeeper, name: string, current?: string): Promise<void> {
    return this.#turns.run("change", () => this.#change(to, name, current));
  }

  async #change(to: NewKeeper, name: string, current?: string): Promise<void> {
    if (this.#master === null) throw locked();
    if (to.keeper === "passphrase") requirePassphrase(to.passphrase);
    const old = this.#wrapped;
    if (old?.wrapping.keeper === "passphrase") await this.#unwrap(old, current ?? "");
    if (to.keeper === "file") {
      await replaceFile(this.#disk, this.#plainPath, this.#master);
      if (old !== null) await this.#disk.remove(this.#wrappedPath);
      this.#wrapped = null;
    } else {
      const { key, wrapping } = await this.#newWrapping(to);
      const bytes = wrapKey(key, name, wrapping, this.#master);
      const wrapped = readWrappedKey(this.#wrappedPath, bytes);
      await replaceFile(this.#disk, this.#wrappedPath, bytes);
      this.#wrapped = wrapped;
      await destroyFile(this.#disk, this.#plainPath);
    }
    // Last, and allowed to fail: an item nobody needs any more opens nothing.
    if (old?.wrapping.keeper === "keyring") {
      await this.#keyring.clear(old.wrapping.item).catch(() => {});
    }
  }

  get #plainPath(): string {
    return join(this.#folder, "key");
  }
  get #wrappedPath(): string {
    return join(this.#folder, "key.json");
  }

  async #load(): Promise<void> {
    for (const path of [this.#plainPath, this.#wrappedPath]) {
      await destroyFile(this.#disk, `${path}.new`);
    }
    const wrapped = await this.#disk.read(this.#wrappedPath);
    if (wrapped !== null) {
      this.#wrapped = readWrappedKey(this.#wrappedPath, wrapped);
      return;
    }
    const plain = await this.#disk.read(this.#plainPath);
    this.#master = plain === null ? await this.#make() : plain;
    if (this.#master.length === 32) return;
    throw new SimppdError(
      "key-damaged",
      `${this.#plainPath} should hold 32 bytes and holds ${this.#master.length}. Put the right ` +
        "file back: without it nothing in this directory can be opened.",
    );
  }

  async #make(): Promise<Bytes> {
    if (await this.#disk.exists(join(this.#folder, "simppd.db"))) {
      throw new SimppdError(
        "key-missing",
        `${this.#folder} holds a database and no key that opens it. Put the file "key" or ` +
          '"key.json" back, or choose another --state directory.',
      );
    }
    const master = systemRandom(32);
    await replaceFile(this.#disk, this.#plainPath, master);
    return master;
  }

  async #unwrap(wrapped: WrappedKey, passphrase: string | undefined): Promise<Bytes> {
    const { wrapping } = wrapped;
    if (wrapping.keeper === "keyring") {
      try {
        return unwrapKey(fromBase64(await this.#keyring.lookup(wrapping.item)), wrapped);
      } catch (error) {
        if (error instanceof SimppdError && !(error instanceof OpenError)) throw error;
        throw new SimppdError(
          "key-damaged",
          `What the system's keyring holds does not open ${this.#wrappedPath}.`,
          error,
        );
      }
    }
    if (passphrase === undefined) throw locked();
    return await this.#attempts.run(async () => {
      const key = await this.#derive(passphrase, fromBase64(wrapping.salt), wrapping.cost);
      try {
        return unwrapKey(key, wrapped);
      } catch (error) {
        throw error instanceof OpenError ? wrongPassphrase() : error;
      }
    });
  }

  async #newWrapping(
    to: NewKeeper & { keeper: "passphrase" | "keyring" },
  ): Promise<{ key: Bytes; wrapping: Wrapping }> {
    const { keeper } = to;
    if (keeper === "passphrase") {
      const salt = systemRandom(16);
      const key = await this.#derive(to.passphrase, salt, this.#cost);
      return { key, wrapping: { keeper, salt: toBase64(salt), cost: this.#cost } };
    }
    const key = systemRandom(32);
    const item = toHex(systemRandom(16));
    await this.#keyring.store(item, toBase64(key));
    if (await this.#keyring.lookup(item) !== toBase64(key)) {
      throw new SimppdError("no-keyring", "The system's keyring does not keep what it is given.");
    }
    return { key, wrapping: { keeper, item } };
  }
}

/** What everything answers until the passphrase was given. */
export function locked(): SimppdError {
  return new SimppdError(
    "locked",
    "simppd is locked. Give its passphrase in the dashboard, or with: simppd unlock",
  );
}
