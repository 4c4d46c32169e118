import { utf8 } from "../../../base/mod.ts";
import { NS } from "../../core/mod.ts";
import type { Database } from "./database.ts";
import { upsert } from "./upsert.ts";

/** Who may read a node and is told of its items (XEP-0060 section 4.5). */
export type AccessModel = "open" | "presence" | "roster" | "authorize" | "whitelist";

/** Who may publish beside the owner (XEP-0060 section 16.4.4). */
export type PublishModel = "publishers" | "subscribers" | "open";

/** The settings of a node that are kept (XEP-0060 section 16.4.4). */
export interface PepConfig {
  readonly accessModel: AccessModel;
  /** Groups of the owner's roster whose members read it, if the access model is `roster`. */
  readonly rosterGroups: readonly string[];
  readonly publishModel: PublishModel;
  readonly maxItems: number;
  readonly persistItems: boolean;
  readonly sendLast: "never" | "on_sub_and_presence";
}

/** One published item. */
export interface PepItem {
  readonly id: string;
  /** XML of the payload, "" when there is none. */
  readonly payload: string;
  /** Milliseconds since 1970. */
  readonly published: number;
  /**
   * Local part of who published it; null or absent: the node's owner; "": somebody whose account is
   * gone.
   */
  readonly publisher?: string | null;
}

/** What a node is where nothing was said of it. */
const DEFAULT_OPTIONS: Pick<PepConfig, "rosterGroups" | "publishModel"> = {
  rosterGroups: [],
  publishModel: "publishers",
};

/** Personal eventing nodes and their items (XEP-0163). */
export class PepNodes {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = statements(db);
  }

  config(account: string, node: string): PepConfig | undefined {
    const row = this.#statements.config.get(account, node);
    if (row === undefined) return undefined;
    const { options, ...columns } = row;
    const further = options === null ? {} : JSON.parse(options) as Partial<PepConfig>;
    return { ...DEFAULT_OPTIONS, ...further, ...columns, persistItems: columns.persistItems === 1 };
  }

  /** Makes the node or changes it; items past `maxItems` go, the oldest first. */
  configure(account: string, node: string, config: PepConfig): void {
    const { accessModel, maxItems, persistItems, sendLast, rosterGroups, publishModel } = config;
    const isNew = this.#statements.config.get(account, node) === undefined;
    this.#statements.configure.run(account, node, accessModel, maxItems, persistItems, sendLast);
    if (isNew) this.#grow(account, utf8(node).length);
    this.#statements.setOptions.run(account, node, JSON.stringify({ rosterGroups, publishModel }));
    this.#trim(account, node, persistItems ? maxItems : 0);
  }

  /** All but the one the vCard lies in. */
  nodes(account: string): string[] {
    return this.#statements.nodes.all(account).map(({ node }) => node)
      .filter((node) => node !== NS.vcard);
  }

  /** Deletes the node and its items. @returns whether there was one */
  delete(account: string, node: string): boolean {
    const bytes = this.nodeSize(account, node) + utf8(node).length;
    if (this.#statements.delete.run(account, node).changes === 0) return false;
    this.#grow(account, -bytes);
    return true;
  }

  /**
   * Stores an item as the newest one, in the place of an older one of the same id. Past `maxItems`
   * the oldest goes; when another than the owner publishes, the oldest of its own, else of others
   * than the owner.
   * @returns false when there is no room for it beside the owner's; it is to be undone then
   */
  publish(account: string, node: string, item: PepItem, maxItems: number): boolean {
    const { id, payload, published, publisher } = item;
    this.retract(account, node, id);
    this.#statements.publish.run(account, node, id, payload, published, sizeOf(item));
    this.#grow(account, sizeOf(item));
    if (!publisher) {
      this.#trim(account, node, maxItems);
      return true;
    }
    this.#statements.setPublisher.run(account, node, id, publisher);
    return this.#trimGuests(account, node, item, maxItems);
  }

  retract(account: string, node: string, id: string): boolean {
    const row = this.#statements.row.get(account, node, id);
    if (row === undefined) return false;
    this.#remove(account, row);
    return true;
  }

  /** Who comes later under the same name is somebody else, and owns none of its items. */
  forget(person: string): void {
    this.#statements.forget.run(person);
  }

  purge(account: string, node: string): void {
    this.#trim(account, node, 0);
  }

  /** Newest first, at most `most`. */
  items(account: string, node: string, most: number): PepItem[] {
    return this.#statements.items.all(account, node, most);
  }

  item(account: string, node: string, id: string): PepItem | undefined {
    return this.#statements.item.get(account, node, id);
  }

  /** Bytes of all the account's items, ids included, and of its nodes' names; kept, not counted. */
  size(account: string): number {
    return this.#statements.usage.get(account)?.bytes ?? 0;
  }

  /** Bytes of one node's items, ids included. */
  nodeSize(account: string, node: string): number {
    return this.#statements.bytesOfNode.get(account, node)!.n;
  }

  #trim(account: string, node: string, keep: number): void {
    const newestToGo = this.#statements.nth.get(account, node, keep)?.sequence;
    if (newestToGo === undefined) return;
    const bytes = this.#statements.bytesUpTo.get(account, node, newestToGo)!.n;
    this.#statements.removeUpTo.run(account, node, newestToGo);
    this.#grow(account, -bytes);
  }

  #trimGuests(account: string, node: string, { id, publisher }: PepItem, keep: number): boolean {
    const { nth, row, oldestOf, oldestGuest } = this.#statements;
    const { sequence } = row.get(account, node, id)!;
    while (nth.get(account, node, keep) !== undefined) {
      const gone = oldestOf.get(account, node, publisher!, sequence) ??
        oldestGuest.get(account, node, sequence);
      if (gone === undefined) return false;
      this.#remove(account, gone);
    }
    return true;
  }

  #remove(account: string, { sequence, size }: { sequence: number; size: number }): void {
    this.#statements.remove.run(sequence);
    this.#grow(account, -size);
  }

  /** In the transaction of what it counts: after a crash both are there, or neither. */
  #grow(account: string, bytes: number): void {
    const { grow, begin } = this.#statements;
    if (grow.run(account, bytes).changes === 0) begin.run(account, bytes);
  }
}

function statements(db: Database) {
  return {
    config: db.prepare((q, account: string, node: string) =>
      q.selectFrom("pep_node")
        .leftJoin("pep_node_option as o", (join) =>
          join.onRef("o.account", "=", "pep_node.account")
            .onRef("o.node", "=", "pep_node.node"))
        .select(["access_model as accessModel", "max_items as maxItems"])
        .select(["persist_items as persistItems", "send_last as sendLast", "o.options"])
        .where("pep_node.account", "=", account).where("pep_node.node", "=", node)
    ),
    setOptions: db.prepare((q, account: string, node: string, options: string) =>
      upsert(
        db,
        q.insertInto("pep_node_option").values({ account, node, options }),
        ["account", "node"],
        ["options"],
      )
    ),
    configure: db.prepare((
      q,
      account: string,
      node: string,
      access_model: AccessModel,
      max_items: number,
      persist_items: boolean,
      send_last: PepConfig["sendLast"],
    ) =>
      upsert(
        db,
        q.insertInto("pep_node")
          .values({ account, node, access_model, max_items, persist_items, send_last }),
        ["account", "node"],
        ["access_model", "max_items", "persist_items", "send_last"],
      )
    ),
    nodes: db.prepare((q, account: string) =>
      q.selectFrom("pep_node").select("node").where("account", "=", account).orderBy("node")
    ),
    delete: db.prepare((q, account: string, node: string) =>
      q.deleteFrom("pep_node").where("account", "=", account).where("node", "=", node)
    ),
    publish: db.prepare((
      q,
      account: string,
      node: string,
      id: string,
      payload: string,
      published: number,
      size: number,
    ) => q.insertInto("pep_item").values({ account, node, id, payload, published, size })),
    setPublisher: db.prepare((
      q,
      account: string,
      node: string,
      id: string,
      publisher: string,
    ) =>
      q.insertInto("pep_item_publisher").columns(["sequence", "publisher"]).expression((e) =>
        e.selectFrom("pep_item")
          .select(["sequence", ({ val }) => val(publisher).as("publisher")])
          .where("account", "=", account).where("node", "=", node).where("id", "=", id)
      )
    ),
    items: db.prepare((q, account: string, node: string, most: number) =>
      q.selectFrom("pep_item")
        .leftJoin("pep_item_publisher as p", "p.sequence", "pep_item.sequence")
        .select(["id", "payload", "published", "publisher"])
        .where("account", "=", account).where("node", "=", node)
        .orderBy("pep_item.sequence", "desc").limit(most)
    ),
    item: db.prepare((q, account: string, node: string, id: string) =>
      q.selectFrom("pep_item")
        .leftJoin("pep_item_publisher as p", "p.sequence", "pep_item.sequence")
        .select(["id", "payload", "published", "publisher"])
        .where("account", "=", account).where("node", "=", node).where("id", "=", id)
    ),
    usage: db.prepare((q, account: string) =>
      q.selectFrom("pep_usage").select("bytes").where("account", "=", account)
    ),
    grow: db.prepare((q, account: string, bytes: number) =>
      q.updateTable("pep_usage").set(({ eb }) => ({ bytes: eb("bytes", "+", bytes) }))
        .where("account", "=", account)
    ),
    begin: db.prepare((q, account: string, bytes: number) =>
      q.insertInto("pep_usage").values({ account, bytes })
    ),
    bytesUpTo: db.prepare((q, account: string, node: string, sequence: number) =>
      q.selectFrom("pep_item").where("account", "=", account).where("node", "=", node)
        .where("sequence", "<=", sequence)
        .select(({ fn, lit }) => fn.coalesce(fn.sum<number>("size"), lit(0)).as("n"))
    ),
    row: db.prepare((q, account: string, node: string, id: string) =>
      q.selectFrom("pep_item").select(["sequence", "size"])
        .where("account", "=", account).where("node", "=", node).where("id", "=", id)
    ),
    oldestOf: db.prepare((
      q,
      account: string,
      node: string,
      publisher: string,
      before: number,
    ) =>
      q.selectFrom("pep_item")
        .innerJoin("pep_item_publisher as p", "p.sequence", "pep_item.sequence")
        .select(["pep_item.sequence", "size"])
        .where("account", "=", account).where("node", "=", node)
        .where("publisher", "=", publisher).where("pep_item.sequence", "<", before)
        .orderBy("pep_item.sequence").limit(1)
    ),
    oldestGuest: db.prepare((q, account: string, node: string, before: number) =>
      q.selectFrom("pep_item")
        .innerJoin("pep_item_publisher as p", "p.sequence", "pep_item.sequence")
        .select(["pep_item.sequence", "size"])
        .where("account", "=", account).where("node", "=", node)
        .where("pep_item.sequence", "<", before)
        .orderBy("pep_item.sequence").limit(1)
    ),
    remove: db.prepare((q, sequence: number) =>
      q.deleteFrom("pep_item").where("sequence", "=", sequence)
    ),
    forget: db.prepare((q, person: string) =>
      q.updateTable("pep_item_publisher").set({ publisher: "" }).where("publisher", "=", person)
    ),
    bytesOfNode: db.prepare((q, account: string, node: string) =>
      q.selectFrom("pep_item").where("account", "=", account).where("node", "=", node)
        .select(({ fn, lit }) => fn.coalesce(fn.sum<number>("size"), lit(0)).as("n"))
    ),
    nth: db.prepare((q, account: string, node: string, n: number) =>
      q.selectFrom("pep_item").select("sequence")
        .where("account", "=", account).where("node", "=", node)
        .orderBy("sequence", "desc").limit(1).offset(n)
    ),
    removeUpTo: db.prepare((q, account: string, node: string, sequence: number) =>
      q.deleteFrom("pep_item").where("account", "=", account).where("node", "=", node)
        .where("sequence", "<=", sequence)
    ),
  };
}

function sizeOf({ id, payload }: PepItem): number {
  return utf8(id).length + utf8(payload).length;
}
