import type { Statements } from "./statements.ts";

const MOST_KEPT = 1_000;

/** Whom accounts do not want to hear from (XEP-0191). */
export class Blocklists {
  readonly #db: Statements;
  /** Asked for with every stanza, hence kept. */
  #lists = new Map<string, Set<string>>();

  constructor(db: Statements) {
    this.#db = db;
  }

  list(account: string): ReadonlySet<string> {
    return this.#load(account);
  }

  add(account: string, jid: string): void {
    this.#db.prepare("INSERT OR IGNORE INTO blocked VALUES (?, ?)").run(account, jid);
    this.#lists.delete(account);
  }

  remove(account: string, jid: string): void {
    this.#db.prepare("DELETE FROM blocked WHERE account = ? AND jid = ?").run(account, jid);
    this.#lists.delete(account);
  }

  #load(account: string): Set<string> {
    let list = this.#lists.get(account);
    if (list === undefined) {
      // Also asked for names that are no account's: there is no end of them.
      if (this.#lists.size >= MOST_KEPT) this.#lists.clear();
      const rows = this.#db.prepare("SELECT jid FROM blocked WHERE account = ? ORDER BY jid");
      list = new Set((rows.all(account) as { jid: string }[]).map((row) => row.jid));
      this.#lists.set(account, list);
    }
    return list;
  }
}
