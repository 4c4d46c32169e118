import { fromUtf8, utf8 } from "../base/mod.ts";
import type { MessageView, Problem } from "../views/mod.ts";
import type { DatabaseSync } from "./database.ts";
import type { Vault } from "./vault.ts";

/** Messages and lines of every chat; bodies sealed. Newest last. */
export class Messages {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  /** Stores one, corrected so often; false when its contact, direction and id were there already. */
  add(message: MessageView, unread: boolean, revision = 0): boolean {
    const sealed = this.#vault.seal(place(message), utf8(message.body));
    return this.#db.prepare(
      `INSERT OR IGNORE INTO messages
         (id, contact, mine, at, kind, unread, delivery, problem, revision, suite, sealed, link)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      message.id,
      message.contact,
      message.mine ? 1 : 0,
      message.at,
      message.kind,
      unread ? 1 : 0,
      message.delivery,
      message.problem === null ? null : JSON.stringify(message.problem),
      revision,
      message.suite,
      sealed,
      this.#sealLink(message, message.link),
    ).changes === 1;
  }

  /**
   * Moves one of ours along pending → sent → delivered → seen, or to failed; never backwards.
   * @returns the message as it is now; undefined when unknown or nothing changed
   */
  setDelivery(
    contact: string,
    id: string,
    delivery: NonNullable<MessageView["delivery"]>,
    extra: { problem?: Problem; suite?: string } = {},
  ): MessageView | undefined {
    const from = {
      pending: ["failed"],
      sent: ["pending"],
      delivered: ["pending", "sent"],
      seen: ["pending", "sent", "delivered"],
      failed: ["pending", "sent"],
    };
    const allowed = from[delivery].map((state) => `'${state}'`).join(", ");
    const { changes } = this.#db.prepare(
      `UPDATE messages SET delivery = ?, problem = ?, suite = coalesce(?, suite)
       WHERE contact = ? AND mine = 1 AND id = ? AND delivery IN (${allowed})`,
    ).run(
      delivery,
      extra.problem === undefined ? null : JSON.stringify(extra.problem),
      extra.suite ?? null,
      contact,
      id,
    );
    return changes === 1 ? this.get(contact, true, id) : undefined;
  }

  /**
   * What of ours before one had arrived has been seen too.
   * @param plain those in clear, or those that were sealed
   * @returns those that changed; 100 at most
   */
  seenBefore(contact: string, id: string, plain: boolean): MessageView[] {
    return this.#db.prepare(
      `UPDATE messages SET delivery = 'seen' WHERE row IN (
         SELECT row FROM messages
         WHERE contact = ?1 AND mine = 1 AND delivery = 'delivered' AND (suite = 'none') = ?3
           AND row < (SELECT row FROM messages WHERE contact = ?1 AND mine = 1 AND id = ?2)
         ORDER BY row DESC LIMIT 100)
       RETURNING *`,
    ).all(contact, id, plain ? 1 : 0).map((row) => this.#view(row));
  }

  /**
   * Replaces the text of one by that of its correction `revision`; one of ours is pending again.
   * @returns the message and how often it was corrected; undefined when there is no such chat message
   */
  correct(
    contact: string,
    mine: boolean,
    id: string,
    body: string,
    revision: number,
    link: string | null = null,
  ): MessageView | undefined {
    const sealed = this.#vault.seal(place({ contact, mine, id }), utf8(body));
    const { changes } = this.#db.prepare(
      `UPDATE messages SET sealed = ?, link = ?, revision = ?,
         delivery = CASE mine WHEN 1 THEN 'pending' END
       WHERE contact = ? AND mine = ? AND id = ? AND kind = 'chat'`,
    ).run(sealed, this.#sealLink({ contact, mine, id }, link), revision, contact, mine ? 1 : 0, id);
    return changes === 1 ? this.get(contact, mine, id) : undefined;
  }

  get(contact: string, mine: boolean, id: string): MessageView | undefined {
    const row = this.#db.prepare(
      "SELECT * FROM messages WHERE contact = ? AND mine = ? AND id = ?",
    ).get(contact, mine ? 1 : 0, id);
    return row === undefined ? undefined : this.#view(row);
  }

  /** How often one was corrected; undefined when there is none. */
  revision(contact: string, mine: boolean, id: string): number | undefined {
    const row = this.#db.prepare(
      "SELECT revision FROM messages WHERE contact = ? AND mine = ? AND id = ?",
    ).get(contact, mine ? 1 : 0, id);
    return row === undefined ? undefined : Number(row.revision);
  }

  /** At most `limit` of a chat's messages older than `before` (ms), oldest first. */
  page(contact: string, limit: number, before = Number.MAX_SAFE_INTEGER): MessageView[] {
    return this.#db.prepare(
      "SELECT * FROM messages WHERE contact = ? AND at < ? ORDER BY at DESC, row DESC LIMIT ?",
    ).all(contact, before, limit).map((row) => this.#view(row)).reverse();
  }

  /** Did we ever write to them, later than `since` (ms)? */
  hasWritten(contact: string, since = -1): boolean {
    return this.#db.prepare(
      "SELECT 1 FROM messages WHERE contact = ? AND mine = 1 AND at > ? LIMIT 1",
    ).get(contact, since) !== undefined;
  }

  /** They are no contact any more: the messages stay, nothing of them waits to leave or be read. */
  leave(contact: string): void {
    const problem = {
      code: "unknown-contact",
      message: "They were removed from the contacts before it could be sent.",
    };
    for (const { id } of this.pending().filter((message) => message.contact === contact)) {
      this.setDelivery(contact, id, "failed", { problem });
    }
    this.markRead(contact);
  }

  /** Ours that have not left yet, oldest first. */
  pending(): MessageView[] {
    return this.#db.prepare(
      "SELECT * FROM messages WHERE delivery = 'pending' AND kind = 'chat' ORDER BY row",
    )
      .all().map((row) => this.#view(row));
  }

  /** Ids of ours that the server has and the contact never said to have, since `at`; 100 at most. */
  undelivered(contact: string, at: number): string[] {
    return this.#db.prepare(
      `SELECT id FROM messages WHERE contact = ? AND mine = 1 AND delivery = 'sent' AND at >= ?
         AND kind = 'chat' ORDER BY row DESC LIMIT 100`,
    ).all(contact, at).map(({ id }) => String(id)).reverse();
  }

  /** Lets one that was sent wait for sending again. */
  sendAgain(contact: string, id: string): void {
    this.#db.prepare(
      "UPDATE messages SET delivery = 'pending' WHERE contact = ? AND mine = 1 AND id = ? AND delivery = 'sent'",
    ).run(contact, id);
  }

  /** Every message in the order it was stored, whether it is unread, how often corrected. */
  *all(): Generator<{ message: MessageView; unread: boolean; revision: number }, void, void> {
    const next = this.#db.prepare("SELECT * FROM messages WHERE row > ? ORDER BY row LIMIT 200");
    for (let last = 0;;) {
      const rows = next.all(last);
      for (const row of rows) {
        const revision = Number(row.revision);
        yield { message: this.#view(row), unread: row.unread === 1, revision };
      }
      if (rows.length === 0) return;
      last = Number(rows.at(-1)!.row);
    }
  }

  unread(contact: string): number {
    const row = this.#db.prepare(
      "SELECT count(*) AS n FROM messages WHERE contact = ? AND unread = 1",
    ).get(contact);
    return Number(row?.n ?? 0);
  }

  markRead(contact: string): void {
    this.#db.prepare("UPDATE messages SET unread = 0 WHERE contact = ? AND unread = 1").run(
      contact,
    );
  }

  /** Removes the line of a file. */
  remove(contact: string, id: string): void {
    this.#db.prepare("DELETE FROM messages WHERE contact = ? AND id = ? AND kind = 'file'")
      .run(contact, id);
  }

  forget(contact: string): void {
    this.#db.prepare("DELETE FROM messages WHERE contact = ?").run(contact);
  }

  #sealLink(message: Parameters<typeof place>[0], link: string | null): Uint8Array | null {
    return link === null ? null : this.#vault.seal(`${place(message)}/link`, utf8(link));
  }

  #view(row: Record<string, unknown>): MessageView {
    const known = { contact: String(row.contact), mine: row.mine === 1, id: String(row.id) };
    return {
      ...known,
      at: Number(row.at),
      kind: row.kind as MessageView["kind"],
      body: fromUtf8(this.#vault.open(place(known), row.sealed as Uint8Array)),
      link: row.link === null
        ? null
        : fromUtf8(this.#vault.open(`${place(known)}/link`, row.link as Uint8Array)),
      delivery: row.delivery as MessageView["delivery"],
      problem: row.problem === null ? null : JSON.parse(String(row.problem)),
      edited: Number(row.revision) > 0,
      suite: row.suite as string | null,
    };
  }
}

function place(message: { contact: string; mine: boolean; id: string }): string {
  return `messages/${message.contact}/${message.mine ? "mine" : "theirs"}/${message.id}`;
}
