import { utf8 } from "../../../base/mod.ts";
import type { Database } from "./database.ts";
import { Recent } from "./recent.ts";

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

/** What is kept for one account, in all and of each sender. */
interface Taken {
  all: Room;
  readonly bySender: Map<string, Room>;
}

const NOTHING: Room = { messages: 0, bytes: 0 };
/** Accounts of which is remembered how much they keep. */
const MOST_REMEMBERED = 1_000;

/** Messages waiting for accounts, bounded in number and bytes each account (XEP-0160). */
export class OfflineMessages {
  readonly #statements;
  /** Counting all that waits, for every message, would take the longer the more there is. */
  readonly #taken = new Recent<string, Taken>(MOST_REMEMBERED);

  constructor(db: Database) {
    this.#statements = statements(db);
    db.onRollback(() => this.#taken.clear());
  }

  /**
   * @param sender whose share of the store it counts against
   * @returns false when the store or that share has no room; nothing is stored then
   */
  add(account: string, sender: string, stanza: string, most: Room, share: Room): boolean {
    const size = utf8(stanza).length;
    const taken = this.#taken.get(account, () => this.#count(account));
    const all = grown(taken.all, size);
    const ofSender = grown(taken.bySender.get(sender) ?? NOTHING, size);
    if (!fits(all, most) || !fits(ofSender, share)) return false;
    this.#statements.insert.run(account, sender, stanza, size);
    taken.all = all;
    taken.bySender.set(sender, ofSender);
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
    this.#taken.forget(account);
  }

  /** The account was removed, and its messages with it. */
  forget(account: string): void {
    this.#taken.forget(account);
  }

  /** How many wait for `account`, or for all. */
  count(account?: string): number {
    const { count, countOf } = this.#statements;
    return (account === undefined ? count.get() : countOf.get(account))!.n;
  }

  #count(account: string): Taken {
    const bySender = new Map<string, Room>();
    let all = NOTHING;
    for (const { sender, messages, bytes } of this.#statements.taken.all(account)) {
      bySender.set(sender, { messages, bytes });
      all = { messages: all.messages + messages, bytes: all.bytes + bytes };
    }
    return { all, bySender };
  }
}

function grown({ messages, bytes }: Room, size: number): Room {
  return { messages: messages + 1, bytes: bytes + size };
}

function fits(taken: Room, room: Room): boolean {
  return taken.messages <= room.messages && taken.bytes <= room.bytes;
}

function statements(db: Database) {
  const room = "offline_message";
  return {
    taken: db.prepare((q, account: string) =>
      q.selectFrom(room).where("account", "=", account).groupBy("sender").select(({ fn }) => [
        "sender",
        fn.countAll<number>().as("messages"),
        fn.sum<number>("size").as("bytes"),
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
    countOf: db.prepare((q, account: string) =>
      q.selectFrom(room).select(q.fn.countAll<number>().as("n")).where("account", "=", account)
    ),
  };
}
