import { utf8 } from "../../../base/mod.ts";
import type { Database } from "./database.ts";

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
  readonly #statements;

  constructor(db: Database) {
    this.#statements = statements(db);
  }

  /**
   * @param sender whose share of the store it counts against
   * @returns false when the store or that share has no room; nothing is stored then
   */
  add(account: string, sender: string, stanza: string, most: Room, share: Room): boolean {
    const size = utf8(stanza).length;
    const fits = (taken: Room, room: Room) =>
      taken.messages < room.messages && taken.bytes + size <= room.bytes;
    if (!fits(this.#statements.taken.get(account)!, most)) return false;
    if (!fits(this.#statements.takenBy.get(account, sender)!, share)) return false;
    this.#statements.insert.run(account, sender, stanza, size);
    return true;
  }

  /** The oldest after `id`, at most `most` of them and, past the first, `mostBytes` together. */
  after(account: string, id: number, most: number, mostBytes: number): OfflineMessage[] {
    const rows = this.#statements.after.all(account, id, most);
    let bytes = 0;
    const fitting = rows.filter((row) => (bytes += row.stanza.length) <= mostBytes);
    return fitting.length > 0 ? fitting : rows.slice(0, 1);
  }

  /** Forgets those up to `id`. */
  removeUpTo(account: string, id: number): void {
    this.#statements.removeUpTo.run(account, id);
  }

  count(account?: string): number {
    const { count, taken } = this.#statements;
    return account === undefined ? count.get()!.n : taken.get(account)!.messages;
  }
}

function statements(db: Database) {
  const room = "offline_message";
  return {
    taken: db.prepare((q, account: string) =>
      q.selectFrom(room).where("account", "=", account).select(({ fn, lit }) => [
        fn.countAll<number>().as("messages"),
        fn.coalesce(fn.sum<number>("size"), lit(0)).as("bytes"),
      ])
    ),
    takenBy: db.prepare((q, account: string, sender: string) =>
      q.selectFrom(room).where("account", "=", account).where("sender", "=", sender)
        .select(({ fn, lit }) => [
          fn.countAll<number>().as("messages"),
          fn.coalesce(fn.sum<number>("size"), lit(0)).as("bytes"),
        ])
    ),
    insert: db.prepare((q, account: string, sender: string, stanza: string, size: number) =>
      q.insertInto(room).values({ account, sender, stanza, size })
    ),
    after: db.prepare((q, account: string, id: number, most: number) =>
      q.selectFrom(room).select(["id", "stanza"])
        .where("account", "=", account).where("id", ">", id).orderBy("id").limit(most)
    ),
    removeUpTo: db.prepare((q, account: string, id: number) =>
      q.deleteFrom(room).where("account", "=", account).where("id", "<=", id)
    ),
    count: db.prepare((q) => q.selectFrom(room).select(q.fn.countAll<number>().as("n"))),
  };
}
