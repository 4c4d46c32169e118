import type { Bytes } from "../base/mod.ts";
import type { DatabaseSync } from "./database.ts";
import type { Vault } from "./vault.ts";

/** A prekey of ours, both halves. */
export interface StoredPrekey {
  readonly kind: number;
  readonly id: number;
  readonly created: number;
  readonly public: Bytes;
  readonly secret: Bytes;
}

/** What is pinned for a contact. */
export interface StoredTrust {
  readonly jid: string;
  readonly state: "first-use" | "verified" | "changed";
  readonly account: Bytes;
  readonly number: number;
  readonly list: Bytes;
  readonly offered: Bytes | null;
}

/** A session's sealed state and where it belongs. */
export interface StoredSession {
  readonly session: string;
  readonly jid: string;
  readonly device: string;
  readonly active: boolean;
  readonly state: Bytes;
}

const bytes = (value: unknown): Bytes => new Uint8Array(value as Uint8Array);

/** Prekeys, pins, bundle counters, sessions and replay marks; the only table owner of each. */
export class KeyMaterial {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  prekeys(kind: number): StoredPrekey[] {
    return this.#db.prepare("SELECT * FROM prekeys WHERE kind = ? ORDER BY id").all(kind).map((
      row,
    ) => ({
      kind,
      id: Number(row.id),
      created: Number(row.created),
      public: bytes(row.public),
      secret: this.#vault.open(`prekeys/${kind}/${row.id}`, row.sealed as Uint8Array),
    }));
  }
  addPrekey(key: StoredPrekey): void {
    this.#db.prepare(
      "INSERT INTO prekeys (kind, id, created, public, sealed) VALUES (?, ?, ?, ?, ?)",
    ).run(
      key.kind,
      key.id,
      key.created,
      key.public,
      this.#vault.seal(`prekeys/${key.kind}/${key.id}`, key.secret),
    );
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
    if (row === undefined) return undefined;
    const secret = this.#vault.open(`one_time_prekeys/${kind}/${id}`, row.sealed as Uint8Array);
    return { kind, id, created: Number(row.created), public: bytes(row.public), secret };
  }
  addOneTime(key: StoredPrekey): void {
    this.#db.prepare(
      "INSERT INTO one_time_prekeys (kind, id, created, public, sealed) VALUES (?, ?, ?, ?, ?)",
    ).run(
      key.kind,
      key.id,
      key.created,
      key.public,
      this.#vault.seal(`one_time_prekeys/${key.kind}/${key.id}`, key.secret),
    );
  }
  dropOneTime(id: number): void {
    this.#db.prepare("DELETE FROM one_time_prekeys WHERE id = ?").run(id);
  }

  trust(jid: string): StoredTrust | undefined {
    const row = this.#db.prepare("SELECT * FROM trust WHERE jid = ?").get(jid);
    if (row === undefined) return undefined;
    return {
      jid,
      state: row.state as StoredTrust["state"],
      account: bytes(row.account),
      number: Number(row.number),
      list: bytes(row.list),
      offered: row.offered === null ? null : bytes(row.offered),
    };
  }
  setTrust(trust: StoredTrust): void {
    this.#db.prepare(
      "INSERT OR REPLACE INTO trust (jid, state, account, number, list, offered) VALUES (?, ?, ?, ?, ?, ?)",
    ).run(trust.jid, trust.state, trust.account, trust.number, trust.list, trust.offered);
  }

  /** Highest bundle counter seen of a device; 0 when none was. */
  bundleCounter(device: string): number {
    const row = this.#db.prepare("SELECT counter FROM bundles WHERE device = ?").get(device);
    return Number(row?.counter ?? 0);
  }
  setBundleCounter(device: string, counter: number): void {
    this.#db.prepare("INSERT OR REPLACE INTO bundles (device, counter) VALUES (?, ?)")
      .run(device, counter);
  }

  sessions(jid: string, device: string): StoredSession[] {
    return this.#db.prepare(
      "SELECT * FROM sessions WHERE jid = ? AND device = ? ORDER BY updated DESC",
    ).all(jid, device).map((row) => this.#session(row));
  }
  /** The one in use with a device. */
  activeSession(jid: string, device: string): StoredSession | undefined {
    const row = this.#db.prepare(
      "SELECT * FROM sessions WHERE jid = ? AND device = ? AND active = 1",
    ).get(jid, device);
    return row === undefined ? undefined : this.#session(row);
  }
  #session(row: Record<string, unknown>): StoredSession {
    return {
      session: String(row.session),
      jid: String(row.jid),
      device: String(row.device),
      active: row.active === 1,
      state: this.#vault.open(`sessions/${row.session}`, row.sealed as Uint8Array),
    };
  }
  /** Stores a session; when it is active, the device's others no longer are. Keeps `most` a device. */
  putSession(session: StoredSession, now: number, most: number): void {
    const { jid, device } = session;
    const sealed = this.#vault.seal(`sessions/${session.session}`, session.state);
    const active = session.active ? 1 : 0;
    const known = this.#db.prepare(
      "UPDATE sessions SET updated = ?, sealed = ? WHERE session = ? AND jid = ? AND device = ? AND active = ?",
    ).run(now, sealed, session.session, jid, device, active);
    if (known.changes === 1) return;
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
  }
  dropSessions(jid: string): void {
    this.#db.prepare("DELETE FROM sessions WHERE jid = ?").run(jid);
  }
  /** Drops all sessions and one-time prekeys: what must not go on from an old copy. */
  dropUsedUp(): void {
    this.#db.exec("DELETE FROM sessions; DELETE FROM one_time_prekeys");
  }

  /** Drops pin, sessions and bundle counters of a contact with these devices. */
  forget(jid: string, devices: readonly string[]): void {
    this.dropSessions(jid);
    this.#db.prepare("DELETE FROM trust WHERE jid = ?").run(jid);
    const drop = this.#db.prepare("DELETE FROM bundles WHERE device = ?");
    for (const device of devices) drop.run(device);
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
