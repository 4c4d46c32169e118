import type { Database } from "./database.ts";
import { Recent } from "./recent.ts";
import { upsert } from "./upsert.ts";

/** Accounts whose lists are remembered; also asked for are names of nobody, without end. */
const MOST_REMEMBERED = 10_000;

/** Whom accounts do not want to hear from (XEP-0191). */
export class Blocklists {
  readonly #statements;
  /** Asked for with every stanza, hence kept. */
  readonly #lists = new Recent<string, ReadonlySet<string>>(MOST_REMEMBERED);

  constructor(db: Database) {
    this.#statements = statements(db);
    db.onRollback(() => this.#lists.clear());
  }

  list(account: string): ReadonlySet<string> {
    return this.#lists.get(
      account,
      () => new Set(this.#statements.list.all(account).map(({ jid }) => jid)),
    );
  }

  add(account: string, jid: string): void {
    this.#statements.add.run(account, jid);
    this.#lists.forget(account);
  }

  remove(account: string, jid: string): void {
    this.#statements.remove.run(account, jid);
    this.#lists.forget(account);
  }

  /** The account was removed, and its list with it. */
  forget(account: string): void {
    this.#lists.forget(account);
  }
}

function statements(db: Database) {
  return {
    list: db.prepare((q, account: string) =>
      q.selectFrom("blocked").select("jid").where("account", "=", account).orderBy("jid")
    ),
    add: db.prepare((q, account: string, jid: string) =>
      upsert(db, q.insertInto("blocked").values({ account, jid }), ["account", "jid"], [])
    ),
    remove: db.prepare((q, account: string, jid: string) =>
      q.deleteFrom("blocked").where("account", "=", account).where("jid", "=", jid)
    ),
  };
}
