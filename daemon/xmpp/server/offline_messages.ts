import { utf8 } from "../../base/mod.ts";
import type { Statements } from "./statements.ts";

/** A message that waits for its account to come online. */
export interface OfflineMessage {
  readonly id: number;
  /** XML, its delay stamp included. */
  readonly stanza: string;
}

/** How much may be kept. */
export interface Room {
  readonly messages: number;
  readonly bytes: number;
}

/** Messages waiting for accounts, bounded in number and bytes each account (XEP-0160). */
export class OfflineMessages {
  readonly #db: Statements;

  constructor(db: Statements) {
    this.#db = db;
  }

  /**
   * @param sender whose share of the store it counts against
   * @returns false when the store or that share has no room; nothing is stored then
   */
  add(account: string, sender: string, stanza: string, most: Room, share: Room): boolean {
    const row = this.#db.prepare(
      `SELECT count(*) AS messages, coalesce(sum(size), 0) AS bytes,
         count(*) FILTER (WHERE sender = ?2) AS senderMessages,
         coalesce(sum(size) FILTER (WHERE sender = ?2), 0) AS senderBytes
       FROM offline_message WHERE account = ?1`,
    ).get(account, sender) as unknown as Room & { senderMessages: number; senderBytes: number };
    const size = utf8(stanza).length;
    const fits = row.messages < most.messages && row.bytes + size <= most.bytes &&
      row.senderMessages < share.messages && row.senderBytes + size <= share.bytes;
    if (!fits) return false;
    this.#db.prepare(
      "INSERT INTO offline_message (account, sender, stanza, size) VALUES (?, ?, ?, ?)",
    ).run(account, sender, stanza, size);
    return true;
  }

  /** The oldest after `id`, at most `most` of them and, past the first, `mostBytes` together. */
  after(account: string, id: number, most: number, mostBytes: number): OfflineMessage[] {
    const rows = this.#db.prepare(
      "SELECT id, stanza FROM offline_message WHERE account = ? AND id > ? ORDER BY id LIMIT ?",
    ).all(account, id, most) as unknown as OfflineMessage[];
    let bytes = 0;
    const fitting = rows.filter((row) => (bytes += row.stanza.length) <= mostBytes);
    return fitting.length > 0 ? fitting : rows.slice(0, 1);
  }

  /** Forgets those up to `id`. */
  removeUpTo(account: string, id: number): void {
    this.#db.prepare("DELETE FROM offline_message WHERE account = ? AND id <= ?").run(account, id);
  }

  count(account?: string): number {
    const row = account === undefined
      ? this.#db.prepare("SELECT count(*) AS n FROM offline_message").get()
      : this.#db.prepare("SELECT count(*) AS n FROM offline_message WHERE account = ?")
        .get(account);
    return (row as { n: number }).n;
  }
}
