import { type Bytes, fromUtf8, utf8 } from "../base/mod.ts";
import { ed25519, type KeyPair, type Random } from "../crypto/mod.ts";
import {
  type DatabaseSync,
  type Migration,
  openDatabase,
  transaction,
  type Vault,
} from "../store/mod.ts";
import { MAX_CHAIN } from "./answers.ts";

/** `KEY_SERVER_MIGRATIONS[i]` takes `keyserver.db` from schema version i to i + 1. */
const KEY_SERVER_MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE identity (
    name   TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
  ) STRICT;

  CREATE TABLE groups (
    id          TEXT PRIMARY KEY,      -- 32 hex digits
    maker       TEXT NOT NULL,         -- bare JID of who had it hosted; empty: who runs this
    incarnation TEXT NOT NULL,
    epoch       INTEGER NOT NULL,      -- of this incarnation, never the same twice
    sealed      BLOB NOT NULL          -- state and key graph
  ) STRICT;

  CREATE TABLE digests (               -- of the epochs' statements, for members who were away
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    epoch    INTEGER NOT NULL,
    link     BLOB NOT NULL,            -- of the chain at this epoch
    digest   BLOB NOT NULL,
    PRIMARY KEY (group_id, epoch)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE registrations (
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    member   TEXT NOT NULL,
    at       INTEGER NOT NULL,         -- ms since 1970
    sealed   BLOB NOT NULL,
    PRIMARY KEY (group_id, member)
  ) STRICT;

  CREATE TABLE nonces (                -- of tickets that were used
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    nonce    TEXT NOT NULL,
    member   TEXT NOT NULL,
    until    INTEGER NOT NULL,
    PRIMARY KEY (group_id, nonce)
  ) STRICT, WITHOUT ROWID;
  `,
];

/** A group as it is stored. */
export interface StoredGroup {
  readonly id: string;
  readonly maker: string;
  readonly incarnation: string;
  readonly epoch: number;
  /** See {@link encodeGroup}. */
  readonly content: Bytes;
}

/** Somebody who registered; joining makes a member of them. */
export interface StoredRegistration {
  readonly member: string;
  /** 32 hex digits. */
  readonly id: string;
  /** The request it answers, 32 hex digits. */
  readonly request: string;
  readonly individualKey: Bytes;
  readonly suites: readonly number[];
  /** Id of the registrar that vouched for it; empty: none was asked for. */
  readonly registrar: string;
  /** ms since 1970. */
  readonly at: number;
}

/**
 * What a key server remembers, in a database of its own. Every write is on the disk before it
 * returns (`synchronous = FULL`), because what was sent cannot be taken back: an epoch that a loss
 * of power undid would be made a second time.
 */
export class KeyServerStore {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  /** @throws SimppdError `schema-newer` */
  constructor(path: string, vault: Vault) {
    this.#db = openDatabase(path, KEY_SERVER_MIGRATIONS);
    this.#db.exec("PRAGMA synchronous = FULL");
    this.#vault = vault;
  }

  close(): void {
    this.#db.close();
  }

  transaction<T>(work: () => T): T {
    return transaction(this.#db, work);
  }

  /** The key that signs statements; made when there is none. */
  signingKey(random: Random): KeyPair {
    const row = this.#db.prepare("SELECT sealed FROM identity WHERE name = 'signing'").get();
    if (row !== undefined) {
      const secret = this.#vault.open("identity/signing", row.sealed as Uint8Array);
      return ed25519.generate(() => secret);
    }
    const made = ed25519.generate(random);
    this.setSigningKey(made.secret);
    return made;
  }

  setSigningKey(secret: Bytes): void {
    this.#db.prepare("INSERT OR REPLACE INTO identity (name, sealed) VALUES ('signing', ?)")
      .run(this.#vault.seal("identity/signing", secret));
  }

  /** Ids of the groups, of those too whose content cannot be read. */
  groupIds(): string[] {
    return this.#db.prepare("SELECT id FROM groups ORDER BY id").all().map(({ id }) => String(id));
  }

  /** @throws Error when the content of any cannot be read */
  groups(): StoredGroup[] {
    return this.#db.prepare("SELECT * FROM groups ORDER BY id").all().map((row) =>
      this.#group(row)
    );
  }

  group(id: string): StoredGroup | undefined {
    const row = this.#db.prepare("SELECT * FROM groups WHERE id = ?").get(id);
    return row === undefined ? undefined : this.#group(row);
  }

  /** Writes a group, whatever was there. */
  putGroup({ id, maker, incarnation, epoch, content }: StoredGroup): void {
    const sealed = this.#vault.seal(`groups/${id}`, content);
    this.#db.prepare(
      `INSERT INTO groups (id, maker, incarnation, epoch, sealed) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET incarnation = excluded.incarnation,
         epoch = excluded.epoch, sealed = excluded.sealed`,
    ).run(id, maker, incarnation, epoch, sealed);
  }

  removeGroup(id: string): void {
    this.#db.prepare("DELETE FROM groups WHERE id = ?").run(id);
  }

  /** Groups that somebody had hosted here. */
  countOf(maker: string): number {
    return Number(
      this.#db.prepare("SELECT count(*) AS n FROM groups WHERE maker = ?").get(maker)!.n,
    );
  }

  /** Adds an epoch to the chain and cuts off what is too old. */
  addDigest(group: string, epoch: number, link: Bytes, digest: Bytes): void {
    this.#db.prepare("INSERT INTO digests (group_id, epoch, link, digest) VALUES (?, ?, ?, ?)")
      .run(group, epoch, link, digest);
    this.#db.prepare("DELETE FROM digests WHERE group_id = ? AND epoch < ?")
      .run(group, epoch - MAX_CHAIN);
  }

  /** Links and digests of an epoch and all after it, oldest first; of this incarnation alone. */
  digestsFrom(group: string, epoch: number): { epoch: number; link: Bytes; digest: Bytes }[] {
    return this.#db.prepare(
      "SELECT epoch, link, digest FROM digests WHERE group_id = ? AND epoch >= ? ORDER BY epoch",
    ).all(group, epoch).map((row) => ({
      epoch: Number(row.epoch),
      link: new Uint8Array(row.link as Uint8Array),
      digest: new Uint8Array(row.digest as Uint8Array),
    }));
  }

  /** Another incarnation begins: its chain is a new one. */
  dropDigests(group: string): void {
    this.#db.prepare("DELETE FROM digests WHERE group_id = ?").run(group);
  }

  registration(group: string, member: string): StoredRegistration | undefined {
    const row = this.#db.prepare(
      "SELECT sealed FROM registrations WHERE group_id = ? AND member = ?",
    ).get(group, member);
    if (row === undefined) return undefined;
    const place = `registrations/${group}/${member}`;
    const stored = JSON.parse(fromUtf8(this.#vault.open(place, row.sealed as Uint8Array)));
    return { ...stored, individualKey: Uint8Array.fromHex(stored.individualKey) };
  }

  putRegistration(group: string, registration: StoredRegistration): void {
    const { member, at } = registration;
    const json = JSON.stringify({
      ...registration,
      individualKey: registration.individualKey.toHex(),
    });
    this.#db.prepare(
      "INSERT OR REPLACE INTO registrations (group_id, member, at, sealed) VALUES (?, ?, ?, ?)",
    ).run(group, member, at, this.#vault.seal(`registrations/${group}/${member}`, utf8(json)));
  }

  removeRegistration(group: string, member: string): void {
    this.#db.prepare("DELETE FROM registrations WHERE group_id = ? AND member = ?").run(
      group,
      member,
    );
  }

  /** Member ids of those who registered, the one who did longest ago first. */
  registered(group: string): string[] {
    return this.#db.prepare("SELECT member FROM registrations WHERE group_id = ? ORDER BY at")
      .all(group).map(({ member }) => String(member));
  }

  /** Drops registrations of before `at`. @returns how many are left */
  dropRegistrations(group: string, at: number): number {
    this.#db.prepare("DELETE FROM registrations WHERE group_id = ? AND at < ?").run(group, at);
    const row = this.#db.prepare("SELECT count(*) AS n FROM registrations WHERE group_id = ?");
    return Number(row.get(group)!.n);
  }

  /**
   * Uses up a ticket's nonce.
   * @returns false when somebody else, or this member for an earlier registration, used it
   */
  useNonce(group: string, nonce: string, member: string, until: number, now: number): boolean {
    this.#db.prepare("DELETE FROM nonces WHERE until < ?").run(now);
    const added = this.#db.prepare(
      "INSERT INTO nonces (group_id, nonce, member, until) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ).run(group, nonce, member, until);
    return added.changes === 1;
  }

  #group(row: Record<string, unknown>): StoredGroup {
    const id = String(row.id);
    return {
      id,
      maker: String(row.maker),
      incarnation: String(row.incarnation),
      epoch: Number(row.epoch),
      content: this.#vault.open(`groups/${id}`, row.sealed as Uint8Array),
    };
  }
}
