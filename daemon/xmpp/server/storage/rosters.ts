import type { Selectable } from "kysely";
import type { SubscriptionState } from "../presence/subscription_state.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";
import { upsert } from "./upsert.ts";

/** One contact in an account's roster, with the parts of its subscription state that are not shown. */
export interface RosterItem extends SubscriptionState {
  /** Bare JID. */
  readonly contact: string;
  readonly name: string;
  readonly groups: readonly string[];
  /** Is it in the roster, or only a request that waits for an answer? */
  readonly listed: boolean;
}

/** Rosters and waiting subscription requests (RFC 6121 sections 2 and 3). */
export class Rosters {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = statements(db);
  }

  list(account: string): RosterItem[] {
    const waiting = new Set(this.#statements.requests.all(account).map(({ contact }) => contact));
    return this.#statements.list.all(account).map((row) => itemOf(row, waiting.has(row.contact)));
  }

  /** Bare JIDs of those who see the account's presence, or of those whose presence it sees. */
  contacts(account: string, direction: "from" | "to"): string[] {
    return this.#statements.contacts.all(account, direction).map(({ contact }) => contact);
  }

  /** The item, or an empty unlisted one. */
  get(account: string, contact: string): RosterItem {
    const row = this.#statements.get.get(account, contact);
    const pendingIn = this.request(account, contact) !== undefined;
    if (row !== undefined) return itemOf(row, pendingIn);
    return {
      contact,
      name: "",
      groups: [],
      listed: false,
      subscription: "none",
      ask: false,
      approved: false,
      pendingIn,
    };
  }

  count(account: string): number {
    return this.#statements.count.get(account)!.n;
  }

  /** Writes name, groups and subscription, and moves the roster's version on. */
  put(account: string, item: RosterItem): void {
    const { contact, name, groups, subscription, ask, approved } = item;
    this.#statements.put
      .run(account, contact, name, JSON.stringify(groups), subscription, ask, approved);
    this.#statements.moveOn.run(account);
  }

  remove(account: string, contact: string): void {
    this.#statements.remove.run(account, contact);
    this.#statements.moveOn.run(account);
  }

  /** Opaque; equal versions mean equal rosters. It outlives neither the account nor the database. */
  version(account: string): string {
    const row = this.#statements.version.get(account);
    return row === undefined ? "" : `${row.created.toString(36)}.${row.roster_version}`;
  }

  /** The waiting request of `contact`, as XML. */
  request(account: string, contact: string): string | undefined {
    return this.#statements.request.get(account, contact)?.stanza;
  }

  requests(account: string): string[] {
    return this.#statements.requests.all(account).map(({ stanza }) => stanza);
  }

  /** @returns false when `most` requests wait already; nothing is stored then */
  addRequest(account: string, contact: string, stanza: string, most: number): boolean {
    if (this.#statements.otherRequests.get(account, contact)!.n >= most) return false;
    this.#statements.putRequest.run(account, contact, stanza);
    return true;
  }

  removeRequest(account: string, contact: string): void {
    this.#statements.removeRequest.run(account, contact);
  }
}

type Row = Omit<Selectable<Tables["roster_item"]>, "account">;

function itemOf(row: Row, pendingIn: boolean): RosterItem {
  return {
    contact: row.contact,
    name: row.name,
    groups: JSON.parse(row.groups) as string[],
    listed: true,
    subscription: row.subscription,
    ask: row.ask === 1,
    approved: row.approved === 1,
    pendingIn,
  };
}

function statements(db: Database) {
  const columns = ["contact", "name", "groups", "subscription", "ask", "approved"] as const;
  return {
    list: db.prepare((q, account: string) =>
      q.selectFrom("roster_item").select(columns).where("account", "=", account).orderBy("contact")
    ),
    get: db.prepare((q, account: string, contact: string) =>
      q.selectFrom("roster_item").select(columns)
        .where("account", "=", account).where("contact", "=", contact)
    ),
    contacts: db.prepare((q, account: string, direction: "from" | "to") =>
      q.selectFrom("roster_item").select("contact")
        .where("account", "=", account).where("subscription", "in", [direction, "both"])
        .orderBy("contact")
    ),
    count: db.prepare((q, account: string) =>
      q.selectFrom("roster_item").select(q.fn.countAll<number>().as("n"))
        .where("account", "=", account)
    ),
    put: db.prepare((
      q,
      account: string,
      contact: string,
      name: string,
      groups: string,
      subscription: SubscriptionState["subscription"],
      ask: boolean,
      approved: boolean,
    ) =>
      upsert(
        db,
        q.insertInto("roster_item")
          .values({ account, contact, name, groups, subscription, ask, approved }),
        ["account", "contact"],
        ["name", "groups", "subscription", "ask", "approved"],
      )
    ),
    remove: db.prepare((q, account: string, contact: string) =>
      q.deleteFrom("roster_item").where("account", "=", account).where("contact", "=", contact)
    ),
    version: db.prepare((q, account: string) =>
      q.selectFrom("account").select(["created", "roster_version"]).where("name", "=", account)
    ),
    moveOn: db.prepare((q, account: string) =>
      q.updateTable("account").where("name", "=", account)
        .set(({ eb, lit }) => ({ roster_version: eb("roster_version", "+", lit(1)) }))
    ),
    request: db.prepare((q, account: string, contact: string) =>
      q.selectFrom("subscription_request").select("stanza")
        .where("account", "=", account).where("contact", "=", contact)
    ),
    requests: db.prepare((q, account: string) =>
      q.selectFrom("subscription_request").select(["contact", "stanza"])
        .where("account", "=", account).orderBy("contact")
    ),
    otherRequests: db.prepare((q, account: string, contact: string) =>
      q.selectFrom("subscription_request").select(q.fn.countAll<number>().as("n"))
        .where("account", "=", account).where("contact", "<>", contact)
    ),
    putRequest: db.prepare((q, account: string, contact: string, stanza: string) =>
      upsert(
        db,
        q.insertInto("subscription_request").values({ account, contact, stanza }),
        ["account", "contact"],
        ["stanza"],
      )
    ),
    removeRequest: db.prepare((q, account: string, contact: string) =>
      q.deleteFrom("subscription_request")
        .where("account", "=", account).where("contact", "=", contact)
    ),
  };
}
