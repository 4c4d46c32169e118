import { SimppdError } from "../../base/mod.ts";
import type { Statements } from "./statements.ts";
import type { PublicLoginKey, ScramCredentials } from "../core/mod.ts";

/** What is kept of a password for one SCRAM mechanism (RFC 5802 section 3). */
export interface Credential extends ScramCredentials {
  readonly mechanism: string;
}

/** What an account logs in with: one of the two when it is made, both once a password is set. */
export interface AccountKeys {
  readonly credentials: readonly Credential[];
  /** Of SIMPP-1; public keys only. */
  readonly loginKeys: readonly PublicLoginKey[];
}

/** Accounts by the local part of their JID, the keys their passwords became, their login keys. */
export class Accounts {
  readonly #db: Statements;

  constructor(db: Statements) {
    this.#db = db;
  }

  exists(name: string): boolean {
    return this.#db.prepare("SELECT 1 FROM account WHERE name = ?").get(name) !== undefined;
  }

  /** When it was made, ms since 1970: tells it from an earlier one of its name. */
  created(name: string): number | undefined {
    const row = this.#db.prepare("SELECT created FROM account WHERE name = ?").get(name);
    return (row as { created: number } | undefined)?.created;
  }

  count(): number {
    return (this.#db.prepare("SELECT count(*) AS n FROM account").get() as { n: number }).n;
  }

  /** @throws SimppdError `account-exists`. Call inside a transaction. */
  create(name: string, { credentials, loginKeys }: AccountKeys, now: number): void {
    if (this.exists(name)) {
      throw new SimppdError(
        "account-exists",
        `There is an account named "${name}" on this server already; choose another name.`,
      );
    }
    this.#db.prepare("INSERT INTO account (name, created) VALUES (?, ?)").run(name, now);
    this.setCredentials(name, credentials);
    const insert = this.#db.prepare("INSERT INTO login_key VALUES (?, ?, ?)");
    for (const key of loginKeys) insert.run(name, key.profile, key.public);
  }

  /** Call inside a transaction. */
  setCredentials(name: string, credentials: readonly Credential[]): void {
    this.#db.prepare("DELETE FROM credential WHERE account = ?").run(name);
    const insert = this.#db.prepare("INSERT INTO credential VALUES (?, ?, ?, ?, ?, ?)");
    for (const { mechanism, salt, iterations, storedKey, serverKey } of credentials) {
      insert.run(name, mechanism, salt, iterations, storedKey, serverKey);
    }
  }

  credential(name: string, mechanism: string): Credential | undefined {
    return this.#db.prepare(
      `SELECT mechanism, salt, iterations, stored_key AS storedKey, server_key AS serverKey
       FROM credential WHERE account = ? AND mechanism = ?`,
    ).get(name, mechanism) as unknown as Credential | undefined;
  }

  /** The public key by which an account logs in under `profile`. */
  loginKey(name: string, profile: string): Uint8Array | undefined {
    const row = this.#db.prepare("SELECT public FROM login_key WHERE account = ? AND profile = ?")
      .get(name, profile) as { public: Uint8Array } | undefined;
    return row?.public;
  }

  /** With everything that belongs to it. */
  remove(name: string): void {
    this.#db.prepare("DELETE FROM account WHERE name = ?").run(name);
  }

  /** 32 random bytes of this server, made once: what unknown accounts' salts are drawn from. */
  secret(name: string): Uint8Array {
    const fresh = crypto.getRandomValues(new Uint8Array(32));
    this.#db.prepare("INSERT OR IGNORE INTO secret VALUES (?, ?)").run(name, fresh);
    const row = this.#db.prepare("SELECT value FROM secret WHERE name = ?").get(name);
    return (row as { value: Uint8Array }).value;
  }
}
