import { type Bytes, logOf } from "../base/mod.ts";
import { OpenError } from "../crypto/mod.ts";
import type { DatabaseSync } from "./database.ts";
import { openPair, openTrust, sealPair, sealTrust, type StoredTrust } from "./stored_keys.ts";
import type { Vault } from "./vault.ts";

/** A prekey of ours, both halves. */
export interface StoredPrekey {
  readonly kind: number;
  readonly id: number;
  readonly created: number;
  readonly public: Bytes;
  readonly secret: Bytes;
}

/** A session's sealed state and where it belongs. */
export interface StoredSession {
  readonly session: string;
  readonly jid: string;
  readonly device: string;
  readonly active: boolean;
  readonly state: Bytes;
}

/** A session as it lies in its row, see {@link KeyMaterial.openSession}. */
export interface SealedSession extends Omit<StoredSession, "state"> {
  readonly sealed: Uint8Array;
}

/** Tables of prekeys, signed and one-time ones, which are kept alike. */
type PrekeyTable = "prekeys" | "one_time_prekeys";

/** Prekeys, pins, bundle counters, sessions and replay marks; the only table owner of each. */
export class KeyMaterial {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  prekeys(kind: number): StoredPrekey[] {
    return this.#db.prepare("SELECT * FROM prekeys WHERE kind = ? ORDER BY id").all(kind)
      .map((row) => this.#prekey("prekeys", row));
  }
  addPrekey(key: StoredPrekey): void {
    this.#addPrekey("prekeys", key);
  }
  #prekey(table: PrekeyTable, row: Record<string, unknown>): StoredPrekey {
    const key = { kind: Number(row.kind), id: Number(row.id), created: Number(row.created) };
    return { ...key, ...openPair(this.#vault, prekeyPlace(table, key), row.sealed as Uint8Array) };
  }
  #addPrekey(table: PrekeyTable, key: StoredPrekey): void {
    this.#db.prepare(`INSERT INTO ${table} (kind, id, created, sealed) VALUES (?, ?, ?, ?)`)
      .run(key.kind, key.id, key.created, sealPair(this.#vault, prekeyPlace(table, key), key));
  }
  dropPrekeysBefore(created: number): void {
    this.#db.prepare("DELETE FROM prekeys WHERE created < ?").run(created);
  }

  oneTimeIds(): number[] {
    return this.#db.prepare("SELECT DISTINCT id FROM one_time_prekeys ORDER BY id").all()
      .map(({ id }) => Number(id));
  }
  oneTime(kind: number, id: number): StoredPrekey | undefined {
    const row = this.#db.prepare("SELECT * FROM one_time_prekeys WHERE kind = ? AND id = ?")
      .get(kind, id);
    return row === undefined ? undefined : this.#prekey("one_time_prekeys", row);
  }
  addOneTime(key: StoredPrekey): void {
    this.#addPrekey("one_time_prekeys", key);
  }
  dropOneTime(id: number): void {
    this.#db.prepare("DELETE FROM one_time_prekeys WHERE id = ?").run(id);
  }

  trust(jid: string): StoredTrust | undefined {
    const row = this.#db.prepare("SELECT sealed FROM trust WHERE jid = ?").get(jid);
    return row === undefined ? undefined : openTrust(this.#vault, jid, row.sealed as Uint8Array);
  }
  setTrust(trust: StoredTrust): void {
    this.#db.prepare("INSERT OR REPLACE INTO trust (jid, sealed) VALUES (?, ?)")
      .run(trust.jid, sealTrust(this.#vault, trust));
  }

  /** Highest bundle counter seen of a contact's device; 0 when none was. */
  bundleCounter(jid: string, device: string): number {
    const row = this.#db.prepare("SELECT counter FROM bundles WHERE jid = ? AND device = ?")
      .get(jid, device);
    return Number(row?.counter ?? 0);
  }
  setBundleCounter(jid: string, device: string, counter: number): void {
    this.#db.prepare("INSERT OR REPLACE INTO bundles (jid, device, counter) VALUES (?, ?, ?)")
      .run(jid, device, counter);
  }

  /** Those with one device, newest first. */
  sessions(jid: string, device: string): StoredSession[] {
    return this.#db.prepare(
      "SELECT * FROM sessions WHERE jid = ? AND device = ? ORDER BY updated DESC",
    ).all(jid, device).flatMap((row) => this.openSession(sessionRow(row)) ?? []);
  }
  /** The one in use with a device. */
  activeSession(jid: string, device: string): SealedSession | undefined {
    const row = this.#db.prepare(
      "SELECT * FROM sessions WHERE jid = ? AND device = ? AND active = 1",
    ).get(jid, device);
    return row === undefined ? undefined : sessionRow(row);
  }
  /** Undefined when the row is not what was stored: then it goes, and a new session takes its place. */
  openSession({ sealed, ...row }: SealedSession): StoredSession | undefined {
    try {
      return { ...row, state: this.#vault.open(sessionPlace(row), sealed) };
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
      logOf("store").error("a session with {jid} is damaged and dropped", { jid: row.jid });
      this.#db.prepare("DELETE FROM sessions WHERE session = ?").run(row.session);
      return undefined;
    }
  }
  /**
   * Stores a session; when it is active, the device's others no longer are. Keeps `most` a device.
   * Gives what now lies in the row.
   */
  putSession(session: StoredSession, now: number, most: number): Bytes {
    const { jid, device } = session;
    const sealed = this.#vault.seal(sessionPlace(session), session.state);
    const active = session.active ? 1 : 0;
    const known = this.#db.prepare(
      "UPDATE sessions SET updated = ?, sealed = ? WHERE session = ? AND jid = ? AND device = ? AND active = ?",
    ).run(now, sealed, session.session, jid, device, active);
    if (known.changes === 1) return sealed;
    if (session.active) {
      this.#db.prepare("UPDATE sessions SET active = 0 WHERE jid = ? AND device = ?")
        .run(jid, device);
    }
    this.#db.prepare(
      `INSERT OR REPLACE INTO sessions (session, jid, device, active, updated, sealed)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ).run(session.session, jid, device, active, now, sealed);
    this.#db.prepare(
      `DELETE FROM sessions WHERE jid = ?1 AND device = ?2 AND session NOT IN
         (SELECT session FROM sessions WHERE jid = ?1 AND device = ?2
          ORDER BY active DESC, updated DESC LIMIT ?3)`,
    ).run(jid, device, most);
    return sealed;
  }
  dropSessions(jid: string): void {
    this.#db.prepare("DELETE FROM sessions WHERE jid = ?").run(jid);
  }
  dropAllSessions(): void {
    this.#db.exec("DELETE FROM sessions");
  }
  /** Drops all sessions and one-time prekeys: what must not go on from an old copy. */
  dropUsedUp(): void {
    this.#db.exec("DELETE FROM sessions; DELETE FROM one_time_prekeys");
  }

  /** Drops sessions and bundle counters of a contact's devices that are not among these. */
  keepDevices(jid: string, devices: readonly string[]): void {
    const kept = JSON.stringify(devices);
    for (const table of ["sessions", "bundles"]) {
      this.#db.prepare(
        `DELETE FROM ${table} WHERE jid = ? AND device NOT IN (SELECT value FROM json_each(?))`,
      ).run(jid, kept);
    }
  }

  /** Drops pin, sessions and bundle counters of a contact. */
  forget(jid: string): void {
    for (const table of ["trust", "sessions", "bundles"]) {
      this.#db.prepare(`DELETE FROM ${table} WHERE jid = ?`).run(jid);
    }
  }

  /** Drops everything: the keys of a device that is no more, and what it knew. */
  clear(): void {
    for (const table of ["prekeys", "one_time_prekeys", "trust", "bundles", "sessions", "seen"]) {
      this.#db.exec(`DELETE FROM ${table}`);
    }
  }

  /** Every pin. */
  allTrust(): StoredTrust[] {
    return this.#db.prepare("SELECT jid FROM trust ORDER BY jid").all()
      .map(({ jid }) => this.trust(String(jid))!);
  }

  /** Remembers a hash; false when it was there already. */
  markSeen(hash: Bytes, now: number): boolean {
    return this.#db.prepare("INSERT OR IGNORE INTO seen (hash, at) VALUES (?, ?)")
      .run(hash, now).changes === 1;
  }
  wasSeen(hash: Bytes): boolean {
    return this.#db.prepare("SELECT 1 FROM seen WHERE hash = ?").get(hash) !== undefined;
  }
  dropSeenBefore(at: number): void {
    this.#db.prepare("DELETE FROM seen WHERE at < ?").run(at);
  }
}

/** Where a value belongs is part of its seal: moved to another row it does not open. */
function prekeyPlace(table: PrekeyTable, key: { kind: number; id: number; created: number }) {
  return `${table}/${key.kind}/${key.id}/${key.created}`;
}

function sessionRow(row: Record<string, unknown>): SealedSession {
  return {
    session: String(row.session),
    jid: String(row.jid),
    device: String(row.device),
    active: row.active === 1,
    sealed: row.sealed as Uint8Array,
  };
}

function sessionPlace(row: { jid: string; device: string; session: string }): string {
  return `sessions/${row.jid}/${row.device}/${row.session}`;
}
