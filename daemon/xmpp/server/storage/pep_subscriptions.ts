import type { Database } from "./database.ts";
import { upsert } from "./upsert.ts";

/** One subscription to a node, by bare address or for one resource (XEP-0060 section 4.2). */
export interface PepSubscription {
  /** Account of this server. */
  readonly subscriber: string;
  /** "" for all of its resources. */
  readonly resource: string;
  /** `pending`: waits for the owner's word. */
  readonly state: "subscribed" | "pending";
}

/** Explicit subscriptions to nodes; they go with the node and with the subscriber. */
export class PepSubscriptions {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = statements(db);
  }

  of(account: string, node: string): PepSubscription[] {
    return this.#statements.of.all(account, node);
  }

  /** Those of one subscriber to one node. */
  by(account: string, node: string, subscriber: string): PepSubscription[] {
    return this.#statements.by.all(account, node, subscriber);
  }

  /** Those of one subscriber to all nodes of one account. */
  between(account: string, subscriber: string): (PepSubscription & { readonly node: string })[] {
    return this.#statements.between.all(account, subscriber);
  }

  /** The first of those that wait for the owner's word, on all nodes of an account. */
  pending(account: string, most: number): (PepSubscription & { readonly node: string })[] {
    return this.#statements.pending.all(account, most);
  }

  /** How many there are of a node in one state. */
  count(account: string, node: string, state: PepSubscription["state"]): number {
    return this.#statements.count.get(account, node, state)!.n;
  }

  /** How many one account has, to whatever node. */
  countOf(subscriber: string): number {
    return this.#statements.countOf.get(subscriber)!.n;
  }

  /** The node and the subscriber's account must be there. */
  put(account: string, node: string, { subscriber, resource, state }: PepSubscription): void {
    this.#statements.put.run(account, node, subscriber, resource, state);
  }

  /** @returns whether it was there */
  remove(account: string, node: string, subscriber: string, resource: string): boolean {
    return this.#statements.remove.run(account, node, subscriber, resource).changes > 0;
  }
}

function statements(db: Database) {
  const columns = ["subscriber", "resource", "state"] as const;
  return {
    of: db.prepare((q, account: string, node: string) =>
      q.selectFrom("pep_subscription").select(columns)
        .where("account", "=", account).where("node", "=", node)
        .orderBy("subscriber").orderBy("resource")
    ),
    by: db.prepare((q, account: string, node: string, subscriber: string) =>
      q.selectFrom("pep_subscription").select(columns)
        .where("account", "=", account).where("node", "=", node)
        .where("subscriber", "=", subscriber).orderBy("resource")
    ),
    between: db.prepare((q, account: string, subscriber: string) =>
      q.selectFrom("pep_subscription").select(["node", ...columns])
        .where("account", "=", account).where("subscriber", "=", subscriber)
        .orderBy("node").orderBy("resource")
    ),
    pending: db.prepare((q, account: string, most: number) =>
      q.selectFrom("pep_subscription").select(["node", ...columns])
        .where("account", "=", account).where("state", "=", "pending")
        .orderBy("node").orderBy("subscriber").orderBy("resource").limit(most)
    ),
    count: db.prepare((q, account: string, node: string, state: PepSubscription["state"]) =>
      q.selectFrom("pep_subscription").select((e) => e.fn.countAll<number>().as("n"))
        .where("account", "=", account).where("node", "=", node).where("state", "=", state)
    ),
    countOf: db.prepare((q, subscriber: string) =>
      q.selectFrom("pep_subscription").select((e) => e.fn.countAll<number>().as("n"))
        .where("subscriber", "=", subscriber)
    ),
    put: db.prepare((
      q,
      account: string,
      node: string,
      subscriber: string,
      resource: string,
      state: PepSubscription["state"],
    ) =>
      upsert(
        db,
        q.insertInto("pep_subscription").values({ account, node, subscriber, resource, state }),
        ["account", "node", "subscriber", "resource"],
        ["state"],
      )
    ),
    remove: db.prepare((
      q,
      account: string,
      node: string,
      subscriber: string,
      resource: string,
    ) =>
      q.deleteFrom("pep_subscription")
        .where("account", "=", account).where("node", "=", node)
        .where("subscriber", "=", subscriber).where("resource", "=", resource)
    ),
  };
}
