import type { Statements } from "./statements.ts";
import type { SubscriptionState } from "./subscription_state.ts";

/** One contact in an account's roster, with the parts of its subscription state that are not shown. */
export interface RosterItem extends SubscriptionState {
  /** Bare JID. */
  readonly contact: string;
  readonly name: string;
  readonly groups: readonly string[];
  /** Is it in the roster, or only a request that waits for an answer? */
  readonly listed: boolean;
}

interface Row {
  contact: string;
  name: string;
  groups: string;
  subscription: SubscriptionState["subscription"];
  ask: number;
  approved: number;
  request: number;
}

const SELECT = `
  SELECT r.contact, r.name, r.groups, r.subscription, r.ask, r.approved,
    EXISTS (SELECT 1 FROM subscription_request q
            WHERE q.account = r.account AND q.contact = r.contact) AS request
  FROM roster_item r WHERE r.account = ?`;

/** Rosters and waiting subscription requests (RFC 6121 sections 2 and 3). */
export class Rosters {
  readonly #db: Statements;

  constructor(db: Statements) {
    this.#db = db;
  }

  list(account: string): RosterItem[] {
    return (this.#db.prepare(SELECT).all(account) as unknown as Row[]).map(itemOf);
  }

  /** Bare JIDs of those who see the account's presence, or of those whose presence it sees. */
  contacts(account: string, direction: "from" | "to"): string[] {
    const rows = this.#db.prepare(
      "SELECT contact FROM roster_item WHERE account = ? AND subscription IN (?, 'both')",
    ).all(account, direction);
    return (rows as { contact: string }[]).map((row) => row.contact);
  }

  /** The item, or an empty unlisted one. */
  get(account: string, contact: string): RosterItem {
    const row = this.#db.prepare(`${SELECT} AND r.contact = ?`).get(account, contact);
    if (row !== undefined) return itemOf(row as unknown as Row);
    return {
      contact,
      name: "",
      groups: [],
      listed: false,
      subscription: "none",
      ask: false,
      approved: false,
      pendingIn: this.request(account, contact) !== undefined,
    };
  }

  count(account: string): number {
    const row = this.#db.prepare("SELECT count(*) AS n FROM roster_item WHERE account = ?");
    return (row.get(account) as { n: number }).n;
  }

  /** Writes name, groups and subscription, and moves the roster's version on. */
  put(account: string, item: RosterItem): void {
    this.#db.prepare(
      `INSERT INTO roster_item VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET name = excluded.name, groups = excluded.groups,
         subscription = excluded.subscription, ask = excluded.ask, approved = excluded.approved`,
    ).run(
      account,
      item.contact,
      item.name,
      JSON.stringify(item.groups),
      item.subscription,
      Number(item.ask),
      Number(item.approved),
    );
    this.#moveOn(account);
  }

  remove(account: string, contact: string): void {
    this.#db.prepare("DELETE FROM roster_item WHERE account = ? AND contact = ?")
      .run(account, contact);
    this.#moveOn(account);
  }

  /** Opaque; equal versions mean equal rosters. It outlives neither the account nor the database. */
  version(account: string): string {
    const row = this.#db.prepare("SELECT created, roster_version FROM account WHERE name = ?")
      .get(account) as { created: number; roster_version: number } | undefined;
    return row === undefined ? "" : `${row.created.toString(36)}.${row.roster_version}`;
  }

  /** The waiting request of `contact`, as XML. */
  request(account: string, contact: string): string | undefined {
    const row = this.#db.prepare(
      "SELECT stanza FROM subscription_request WHERE account = ? AND contact = ?",
    ).get(account, contact) as { stanza: string } | undefined;
    return row?.stanza;
  }

  requests(account: string): string[] {
    const rows = this.#db.prepare("SELECT stanza FROM subscription_request WHERE account = ?");
    return (rows.all(account) as { stanza: string }[]).map((row) => row.stanza);
  }

  /** @returns false when `most` requests wait already; nothing is stored then */
  addRequest(account: string, contact: string, stanza: string, most: number): boolean {
    const row = this.#db.prepare(
      "SELECT count(*) AS n FROM subscription_request WHERE account = ? AND contact <> ?",
    ).get(account, contact) as { n: number };
    if (row.n >= most) return false;
    this.#db.prepare("INSERT OR REPLACE INTO subscription_request VALUES (?, ?, ?)")
      .run(account, contact, stanza);
    return true;
  }

  removeRequest(account: string, contact: string): void {
    this.#db.prepare("DELETE FROM subscription_request WHERE account = ? AND contact = ?")
      .run(account, contact);
  }

  #moveOn(account: string): void {
    this.#db.prepare("UPDATE account SET roster_version = roster_version + 1 WHERE name = ?")
      .run(account);
  }
}

function itemOf(row: Row): RosterItem {
  return {
    contact: row.contact,
    name: row.name,
    groups: JSON.parse(row.groups) as string[],
    listed: true,
    subscription: row.subscription,
    ask: row.ask === 1,
    approved: row.approved === 1,
    pendingIn: row.request === 1,
  };
}
