import { fromUtf8, utf8 } from "../base/mod.ts";
import type { DatabaseSync } from "./database.ts";
import type { Vault } from "./vault.ts";

/** Named JSON values, sealed. */
export class Settings {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  /** The value stored under `name`; undefined when there is none. */
  get<T>(name: string): T | undefined {
    const row = this.#db.prepare("SELECT sealed FROM settings WHERE name = ?").get(name);
    if (row === undefined) return undefined;
    return JSON.parse(fromUtf8(this.#vault.open(`settings/${name}`, row.sealed as Uint8Array)));
  }

  set(name: string, value: unknown): void {
    const sealed = this.#vault.seal(`settings/${name}`, utf8(JSON.stringify(value)));
    this.#db.prepare("INSERT OR REPLACE INTO settings (name, sealed) VALUES (?, ?)")
      .run(name, sealed);
  }
}
