import { SimppdError } from "../../../base/mod.ts";
import type { PublicLoginKey, ScramCredentials } from "../../core/mod.ts";
import type { Database } from "./database.ts";
import { Recent } from "./recent.ts";
import { upsert } from "./upsert.ts";

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

/** An account as its administrator sees it. */
export interface AccountRecord {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Has it a password, login keys? */
  readonly password: boolean;
  readonly loginKeys: boolean;
}

/** Accounts whose passwords were stored with so many rounds of PBKDF2. */
export interface Rounds {
  readonly iterations: number;
  readonly accounts: number;
}

/** Names whose being there is remembered; also asked for are names of nobody, without end. */
const MOST_REMEMBERED = 10_000;

/** Accounts by the local part of their JID, the keys their passwords became, their login keys. */
export class Accounts {
  readonly #statements;
  /** Asked for with every stanza, hence kept. */
  readonly #existing = new Recent<string, boolean>(MOST_REMEMBERED);
  /** By mechanism; every login looks at them. */
  readonly #rounds = new Map<string, readonly Rounds[]>();
  readonly #removed: ((name: string) => void)[] = [];

  constructor(db: Database) {
    this.#statements = statements(db);
    db.onRollback(() => {
      this.#existing.clear();
      this.#rounds.clear();
    });
  }

  exists(name: string): boolean {
    return this.#existing.get(name, () => this.#statements.find.get(name) !== undefined);
  }

  /** All accounts by name, and what each can log in with. */
  list(): AccountRecord[] {
    const passwords = new Set(this.#statements.withPassword.all().map(({ account }) => account));
    const keys = new Set(this.#statements.withLoginKey.all().map(({ account }) => account));
    return this.#statements.list.all().map(({ name, created }) => ({
      name,
      created,
      password: passwords.has(name),
      loginKeys: keys.has(name),
    }));
  }

  /** When it was made, ms since 1970: tells it from an earlier one of its name. */
  created(name: string): number | undefined {
    return this.#statements.created.get(name)?.created;
  }

  count(): number {
    return this.#statements.count.get()!.n;
  }

  /** @throws SimppdError `account-exists`. Call inside a transaction. */
  create(name: string, { credentials, loginKeys }: AccountKeys, now: number): void {
    if (this.exists(name)) {
      throw new SimppdError(
        "account-exists",
        `There is an account named "${name}" on this server already; choose another name.`,
      );
    }
    this.#statements.insert.run(name, now);
    this.#existing.forget(name);
    this.setCredentials(name, credentials);
    for (const key of loginKeys) {
      this.#statements.insertLoginKey.run(name, key.profile, key.public);
    }
  }

  /** Call inside a transaction. */
  setCredentials(name: string, credentials: readonly Credential[]): void {
    this.#rounds.clear();
    this.#statements.removeCredentials.run(name);
    for (const { mechanism, salt, iterations, storedKey, serverKey } of credentials) {
      this.#statements.insertCredential.run(
        name,
        mechanism,
        salt,
        iterations,
        storedKey,
        serverKey,
      );
    }
  }

  credential(name: string, mechanism: string): Credential | undefined {
    return this.#statements.credential.get(name, mechanism);
  }

  /** How many accounts have which number of rounds, the fewest rounds first. */
  rounds(mechanism: string): readonly Rounds[] {
    const known = this.#rounds.get(mechanism) ?? this.#statements.rounds.all(mechanism);
    this.#rounds.set(mechanism, known);
    return known;
  }

  /** The public key by which an account logs in under `profile`. */
  loginKey(name: string, profile: string): Uint8Array | undefined {
    return this.#statements.loginKey.get(name, profile)?.public;
  }

  /** With everything that belongs to it. */
  remove(name: string): void {
    this.#statements.remove.run(name);
    this.#existing.forget(name);
    this.#rounds.clear();
    for (const forget of this.#removed) forget(name);
  }

  /** Calls `forget` when an account goes: what was remembered of it goes too. */
  onRemoved(forget: (name: string) => void): void {
    this.#removed.push(forget);
  }

  /** 32 random bytes of this server, made once: what unknown accounts' salts are drawn from. */
  secret(name: string): Uint8Array {
    this.#statements.insertSecret.run(name, crypto.getRandomValues(new Uint8Array(32)));
    return this.#statements.secret.get(name)!.value;
  }
}

function statements(db: Database) {
  return {
    find: db.prepare((q, name: string) =>
      q.selectFrom("account").select("name").where("name", "=", name)
    ),
    created: db.prepare((q, name: string) =>
      q.selectFrom("account").select("created").where("name", "=", name)
    ),
    count: db.prepare((q) => q.selectFrom("account").select(q.fn.countAll<number>().as("n"))),
    list: db.prepare((q) => q.selectFrom("account").select(["name", "created"]).orderBy("name")),
    withPassword: db.prepare((q) => q.selectFrom("credential").select("account").distinct()),
    withLoginKey: db.prepare((q) => q.selectFrom("login_key").select("account").distinct()),
    insert: db.prepare((q, name: string, created: number) =>
      q.insertInto("account").values({ name, created })
    ),
    remove: db.prepare((q, name: string) => q.deleteFrom("account").where("name", "=", name)),
    credential: db.prepare((q, account: string, mechanism: string) =>
      q.selectFrom("credential")
        .select(["mechanism", "salt", "iterations"])
        .select(["stored_key as storedKey", "server_key as serverKey"])
        .where("account", "=", account).where("mechanism", "=", mechanism)
    ),
    rounds: db.prepare((q, mechanism: string) =>
      q.selectFrom("credential").where("mechanism", "=", mechanism)
        .select(["iterations", q.fn.countAll<number>().as("accounts")])
        .groupBy("iterations").orderBy("iterations")
    ),
    insertCredential: db.prepare((
      q,
      account: string,
      mechanism: string,
      salt: Uint8Array,
      iterations: number,
      stored_key: Uint8Array,
      server_key: Uint8Array,
    ) =>
      q.insertInto("credential")
        .values({ account, mechanism, salt, iterations, stored_key, server_key })
    ),
    removeCredentials: db.prepare((q, account: string) =>
      q.deleteFrom("credential").where("account", "=", account)
    ),
    loginKey: db.prepare((q, account: string, profile: string) =>
      q.selectFrom("login_key").select("public")
        .where("account", "=", account).where("profile", "=", profile)
    ),
    insertLoginKey: db.prepare((q, account: string, profile: string, key: Uint8Array) =>
      q.insertInto("login_key").values({ account, profile, public: key })
    ),
    secret: db.prepare((q, name: string) =>
      q.selectFrom("secret").select("value").where("name", "=", name)
    ),
    insertSecret: db.prepare((q, name: string, value: Uint8Array) =>
      upsert(db, q.insertInto("secret").values({ name, value }), ["name"], [])
    ),
  };
}
