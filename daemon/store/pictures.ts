import type { Bytes } from "../base/mod.ts";
import type { DatabaseSync } from "./database.ts";
import type { Vault } from "./vault.ts";

/** Pictures of people, the sealed bytes beside the hash they are known by. */
export class Pictures {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  /** SHA-1 in hex of somebody's picture; null when there is none. */
  hash(jid: string): string | null {
    const row = this.#db.prepare("SELECT hash FROM pictures WHERE jid = ?").get(jid);
    return row === undefined ? null : String(row.hash);
  }

  get(jid: string): { hash: string; data: Bytes } | undefined {
    const row = this.#db.prepare("SELECT hash, sealed FROM pictures WHERE jid = ?").get(jid);
    if (row === undefined) return undefined;
    const hash = String(row.hash);
    return { hash, data: this.#vault.open(place(jid, hash), row.sealed as Uint8Array) };
  }

  put(jid: string, hash: string, data: Uint8Array): void {
    this.#db.prepare("INSERT OR REPLACE INTO pictures (jid, hash, sealed) VALUES (?, ?, ?)")
      .run(jid, hash, this.#vault.seal(place(jid, hash), data));
  }

  remove(jid: string): void {
    this.#db.prepare("DELETE FROM pictures WHERE jid = ?").run(jid);
  }
}

function place(jid: string, hash: string): string {
  return `pictures/${jid}/${hash}`;
}
