import { fromBase64, fromUtf8, toBase64, utf8 } from "../base/mod.ts";
import type { DatabaseSync, Vault } from "../store/mod.ts";
import type { Problem } from "../views/mod.ts";
import type { FileDescriptor } from "./descriptor.ts";
import type { Transfer, TransferState } from "./transfer.ts";
import type { WayKind } from "./ways.ts";

/** Rows are told from older ones by time and id: what {@link TransferStore.list} goes on from. */
export interface Before {
  readonly at: number;
  readonly id: string;
}

/** The transfers of a state directory; keys and names sealed. */
export class TransferStore {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  get(id: string): Transfer | undefined {
    const row = this.#db.prepare("SELECT * FROM transfers WHERE id = ?").get(id);
    return row === undefined ? undefined : this.#read(row);
  }

  /** The transfer of a descriptor that came before. @param sender "" for one's own */
  find(peer: string, sender: string, file: string): Transfer | undefined {
    const row = this.#db.prepare(
      "SELECT * FROM transfers WHERE mine = ? AND peer = ? AND sender = ? AND file = ?",
    ).get(sender === "" ? 1 : 0, peer, sender, file);
    return row === undefined ? undefined : this.#read(row);
  }

  /** The newest first, of one peer or all; those older than `before`. */
  list(
    { peer, before, limit = 100 }: { peer?: string; before?: Before; limit?: number } = {},
  ): Transfer[] {
    const rows = this.#db.prepare(
      `SELECT * FROM transfers
       WHERE (?1 IS NULL OR peer = ?1) AND (?2 IS NULL OR at < ?2 OR (at = ?2 AND id < ?3))
       ORDER BY at DESC, id DESC LIMIT ?4`,
    ).all(peer ?? null, before?.at ?? null, before?.id ?? "", limit);
    return rows.map((row) => this.#read(row));
  }

  /** Ids of those in a state, oldest first. */
  idsIn(state: TransferState): string[] {
    return this.#db.prepare("SELECT id FROM transfers WHERE state = ? ORDER BY at, id").all(state)
      .map(({ id }) => String(id));
  }

  /** How many a peer has; those in one state when it is named. */
  count(peer: string, state?: TransferState): number {
    const row = this.#db.prepare(
      "SELECT count(*) AS n FROM transfers WHERE peer = ?1 AND (?2 IS NULL OR state = ?2)",
    ).get(peer, state ?? null);
    return Number(row!.n);
  }

  /** The oldest of a peer's transfers that are over; undefined when there is none. */
  oldestOver(peer: string): string | undefined {
    const row = this.#db.prepare(
      `SELECT id FROM transfers WHERE peer = ? AND state IN ('done', 'failed', 'cancelled', 'declined')
       ORDER BY at, id LIMIT 1`,
    ).get(peer);
    return row === undefined ? undefined : String(row.id);
  }

  /** Bytes promised to all transfers that have, or will have, a file on the disk. */
  promised(): number {
    const row = this.#db.prepare(
      `SELECT coalesce(sum(bytes), 0) AS n FROM transfers
       WHERE state NOT IN ('cancelled', 'declined') AND (mine = 1 OR state <> 'offered')`,
    ).get();
    return Number(row!.n);
  }

  /** Ids of all that may have a file. */
  ids(): Set<string> {
    const rows = this.#db.prepare("SELECT id FROM transfers").all();
    return new Set(rows.map(({ id }) => String(id)));
  }

  idsOf(peer: string): string[] {
    return this.#db.prepare("SELECT id FROM transfers WHERE peer = ?").all(peer)
      .map(({ id }) => String(id));
  }

  put(transfer: Transfer): void {
    const { id, mine, peer, sender, state, at, descriptor, ...rest } = transfer;
    const inside = utf8(JSON.stringify({ ...rest, descriptor: toJson(descriptor) }));
    this.#db.prepare(
      `INSERT INTO transfers (id, mine, peer, sender, file, state, at, bytes, sealed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, bytes = excluded.bytes,
         sealed = excluded.sealed`,
    ).run(
      id,
      mine ? 1 : 0,
      peer,
      sender,
      descriptor.id,
      state,
      at,
      descriptor.sealedSize,
      this.#vault.seal(place(id), inside),
    );
  }

  remove(id: string): void {
    this.#db.prepare("DELETE FROM transfers WHERE id = ?").run(id);
  }

  #read(row: Record<string, unknown>): Transfer {
    const id = String(row.id);
    const inside = JSON.parse(fromUtf8(this.#vault.open(place(id), row.sealed as Uint8Array)));
    return {
      id,
      mine: row.mine === 1,
      peer: String(row.peer),
      sender: String(row.sender),
      state: row.state as TransferState,
      at: Number(row.at),
      descriptor: fromJson(inside.descriptor),
      sealed: inside.sealed as boolean,
      type: inside.type as string | null,
      problem: inside.problem as Problem | null,
      path: inside.path as string | null,
      ways: inside.ways as WayKind[] | null,
      announced: inside.announced as boolean,
    };
  }
}

function place(id: string): string {
  return `transfers/${id}`;
}

const BINARY = ["key", "commitment", "hash", "thumbnail"] as const;

function toJson(descriptor: FileDescriptor): Record<string, unknown> {
  const out: Record<string, unknown> = { ...descriptor };
  for (const name of BINARY) {
    const bytes = descriptor[name];
    if (bytes !== undefined) out[name] = toBase64(bytes);
  }
  return out;
}

function fromJson(stored: Record<string, unknown>): FileDescriptor {
  const out = { ...stored };
  for (const name of BINARY) {
    if (typeof out[name] === "string") out[name] = fromBase64(out[name]);
  }
  return out as unknown as FileDescriptor;
}
