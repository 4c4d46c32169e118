import { utf8 } from "../../base/mod.ts";
import type { Statements } from "./statements.ts";

/** Who may read a node and is told of its items (XEP-0060 section 4.5). */
export type AccessModel = "open" | "presence" | "whitelist";

/** The settings of a node that are kept (XEP-0060 section 16.4.4). */
export interface PepConfig {
  readonly accessModel: AccessModel;
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
}

interface ConfigRow {
  access_model: AccessModel;
  max_items: number;
  persist_items: number;
  send_last: PepConfig["sendLast"];
}

/** Personal eventing nodes and their items (XEP-0163). */
export class PepNodes {
  readonly #db: Statements;

  constructor(db: Statements) {
    this.#db = db;
  }

  config(account: string, node: string): PepConfig | undefined {
    const row = this.#db.prepare(
      `SELECT access_model, max_items, persist_items, send_last
       FROM pep_node WHERE account = ? AND node = ?`,
    ).get(account, node) as ConfigRow | undefined;
    return row && {
      accessModel: row.access_model,
      maxItems: row.max_items,
      persistItems: row.persist_items === 1,
      sendLast: row.send_last,
    };
  }

  /** Makes the node or changes it; items past `maxItems` go, the oldest first. */
  configure(account: string, node: string, config: PepConfig): void {
    this.#db.prepare(
      `INSERT INTO pep_node VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET access_model = excluded.access_model,
         max_items = excluded.max_items, persist_items = excluded.persist_items,
         send_last = excluded.send_last`,
    ).run(
      account,
      node,
      config.accessModel,
      config.maxItems,
      Number(config.persistItems),
      config.sendLast,
    );
    this.#trim(account, node, config.persistItems ? config.maxItems : 0);
  }

  nodes(account: string): string[] {
    const rows = this.#db.prepare("SELECT node FROM pep_node WHERE account = ? ORDER BY node");
    return (rows.all(account) as { node: string }[]).map((row) => row.node);
  }

  /** Deletes the node and its items. @returns whether there was one */
  delete(account: string, node: string): boolean {
    const { changes } = this.#db.prepare("DELETE FROM pep_node WHERE account = ? AND node = ?")
      .run(account, node);
    return changes > 0;
  }

  /** Stores an item as the newest one, in the place of an older one of the same id. */
  publish(account: string, node: string, item: PepItem, maxItems: number): void {
    this.#db.prepare("DELETE FROM pep_item WHERE account = ? AND node = ? AND id = ?")
      .run(account, node, item.id);
    this.#db.prepare(
      `INSERT INTO pep_item (account, node, id, payload, published, size)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ).run(account, node, item.id, item.payload, item.published, sizeOf(item));
    this.#trim(account, node, maxItems);
  }

  retract(account: string, node: string, id: string): boolean {
    const { changes } = this.#db.prepare(
      "DELETE FROM pep_item WHERE account = ? AND node = ? AND id = ?",
    ).run(account, node, id);
    return changes > 0;
  }

  purge(account: string, node: string): void {
    this.#trim(account, node, 0);
  }

  /** Newest first, at most `most`. */
  items(account: string, node: string, most: number): PepItem[] {
    return this.#db.prepare(
      `SELECT id, payload, published FROM pep_item WHERE account = ? AND node = ?
       ORDER BY sequence DESC LIMIT ?`,
    ).all(account, node, most) as unknown as PepItem[];
  }

  item(account: string, node: string, id: string): PepItem | undefined {
    return this.#db.prepare(
      "SELECT id, payload, published FROM pep_item WHERE account = ? AND node = ? AND id = ?",
    ).get(account, node, id) as unknown as PepItem | undefined;
  }

  /** Bytes of all the account's items, ids included, and of its nodes' names. */
  size(account: string): number {
    const row = this.#db.prepare(
      `SELECT (SELECT coalesce(sum(size), 0) FROM pep_item WHERE account = ?1) +
         (SELECT coalesce(sum(length(CAST(node AS BLOB))), 0) FROM pep_node WHERE account = ?1)
         AS n`,
    ).get(account);
    return (row as { n: number }).n;
  }

  #trim(account: string, node: string, keep: number): void {
    this.#db.prepare(
      `DELETE FROM pep_item WHERE account = ?1 AND node = ?2 AND sequence NOT IN (
         SELECT sequence FROM pep_item WHERE account = ?1 AND node = ?2
         ORDER BY sequence DESC LIMIT ?3)`,
    ).run(account, node, keep);
  }
}

function sizeOf({ id, payload }: PepItem): number {
  return utf8(id).length + utf8(payload).length;
}
