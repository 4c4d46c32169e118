import type { Subscription } from "../views/mod.ts";
import type { DatabaseSync } from "./database.ts";

/** What is remembered of a contact, so that it can be shown before the server is reached. */
export interface StoredContact {
  readonly jid: string;
  readonly name: string;
  readonly subscription: Subscription;
  readonly blocked: boolean;
  /** The person chose to chat with them in clear. */
  readonly plain: boolean;
}

export class Contacts {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  all(): StoredContact[] {
    return this.#db.prepare("SELECT * FROM contacts ORDER BY jid").all().map(view);
  }

  get(jid: string): StoredContact | undefined {
    const row = this.#db.prepare("SELECT * FROM contacts WHERE jid = ?").get(jid);
    return row === undefined ? undefined : view(row);
  }

  put(contact: StoredContact): void {
    this.#db.prepare(
      `INSERT OR REPLACE INTO contacts (jid, name, subscription, blocked, plain)
       VALUES (?, ?, ?, ?, ?)`,
    ).run(
      contact.jid,
      contact.name,
      contact.subscription,
      contact.blocked ? 1 : 0,
      contact.plain ? 1 : 0,
    );
  }

  /**
   * Who wrote or asked, and was neither answered, written to nor blocked; who changed longest ago
   * first.
   */
  unanswered(): string[] {
    return this.#db.prepare(
      `SELECT jid FROM contacts WHERE subscription IN ('none', 'asked') AND blocked = 0
         AND plain = 0 AND NOT EXISTS
         (SELECT 1 FROM messages WHERE contact = contacts.jid AND mine = 1)
       ORDER BY rowid`,
    ).all().map(({ jid }) => String(jid));
  }

  remove(jid: string): void {
    this.#db.prepare("DELETE FROM contacts WHERE jid = ?").run(jid);
  }
}

function view(row: Record<string, unknown>): StoredContact {
  return {
    jid: String(row.jid),
    name: String(row.name),
    subscription: row.subscription as Subscription,
    blocked: row.blocked === 1,
    plain: row.plain === 1,
  };
}
