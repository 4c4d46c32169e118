import { fromBase64, fromUtf8, toBase64, utf8 } from "../base/mod.ts";
import type { DatabaseSync, Vault } from "../store/mod.ts";
import type { Problem } from "../views/mod.ts";
import type { FileDescriptor } from "./descriptor.ts";
import type { PictureSize } from "./dimensions.ts";
import type { PlainFile } from "./plain_file.ts";
import type { Transfer, TransferState } from "./transfer.ts";
import type { WayKind } from "./ways.ts";

const MOST_RECENT = 256;

/** Rows are told from older ones by time and id: what {@link TransferStore.list} goes on from. */
export interface Before {
  readonly at: number;
  readonly id: string;
}

/** The transfers of a state directory; keys and names sealed. */
export class TransferStore {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;
  /** Transfers by "state peer" and " peer", and bytes of all: asked for with every new one. */
  readonly #counts = new Map<string, number>();
  #promised = 0;
  /** What was read or written last, by id: a transfer at work is looked at often. */
  readonly #recent = new Map<string, Transfer>();

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
    const rows = db.prepare(
      "SELECT peer, state, count(*) AS n, sum(bytes) AS bytes FROM transfers GROUP BY peer, state",
    ).all();
    for (const row of rows) this.#count(row, Number(row.n));
  }

  get(id: string): Transfer | undefined {
    const recent = this.#recent.get(id);
    if (recent !== undefined) return recent;
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

  /** One's own of a descriptor, to whomever it went. */
  findOwn(file: string): Transfer[] {
    return this.#db.prepare("SELECT * FROM transfers WHERE file = ? AND mine = 1").all(file)
      .map((row) => this.#read(row));
  }

  /** Those of a descriptor that one sender sent, over whatever contact or room. */
  findOf(sender: string, file: string): Transfer[] {
    return this.#db.prepare("SELECT * FROM transfers WHERE file = ? AND sender = ? AND mine = 0")
      .all(file, sender).map((row) => this.#read(row));
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

  /** Ids of those in a state, oldest first; one's own only, if so wished. */
  idsIn(state: TransferState, mine = false): string[] {
    return this.#db.prepare(
      "SELECT id FROM transfers WHERE state = ? AND mine >= ? ORDER BY at, id",
    )
      .all(state, mine ? 1 : 0).map(({ id }) => String(id));
  }

  /** How many a peer has; those in one state when it is named. */
  count(peer: string, state?: TransferState): number {
    return this.#counts.get(`${state ?? ""} ${peer}`) ?? 0;
  }

  /** The oldest of a peer's transfers that are over; undefined when there is none. */
  oldestOver(peer: string): string | undefined {
    const row = this.#db.prepare(
      `SELECT id FROM transfers WHERE peer = ? AND state IN ('done', 'failed', 'cancelled', 'declined')
       ORDER BY at, id LIMIT 1`,
    ).get(peer);
    return row === undefined ? undefined : String(row.id);
  }

  /** Bytes that the sealed files take on the disk, or are going to. */
  promised(): number {
    return this.#promised;
  }

  /** The oldest of one's own that is over and still has its sealed file here. */
  oldestKept(): string | undefined {
    const row = this.#db.prepare(
      `SELECT id FROM transfers WHERE mine = 1 AND bytes > 0 AND state = 'done'
       ORDER BY at, id LIMIT 1`,
    ).get();
    return row === undefined ? undefined : String(row.id);
  }

  /** Ids of those that may have a file. */
  idsKept(): Set<string> {
    const rows = this.#db.prepare("SELECT id FROM transfers WHERE bytes > 0").all();
    return new Set(rows.map(({ id }) => String(id)));
  }

  idsOf(peer: string): string[] {
    return this.#db.prepare("SELECT id FROM transfers WHERE peer = ?").all(peer)
      .map(({ id }) => String(id));
  }

  put(transfer: Transfer): void {
    const old = this.#recent.get(transfer.id);
    this.#remember(transfer);
    if (old !== undefined && differInState(old, transfer)) {
      this.#db.prepare("UPDATE transfers SET state = ? WHERE id = ?")
        .run(transfer.state, transfer.id);
      this.#count({ ...figures(old), bytes: 0 }, -1);
      this.#count({ ...figures(transfer), bytes: 0 }, 1);
      return;
    }
    const { id, mine, peer, sender, state, at, descriptor, ...rest } = transfer;
    const { bytes } = figures(transfer);
    const inside = utf8(JSON.stringify({ ...rest, descriptor: toJson(descriptor) }));
    const before = this.#figures(id);
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
      bytes,
      this.#vault.seal(place(id), inside),
    );
    if (before !== undefined) this.#count(before, -1);
    this.#count({ peer, state, bytes }, 1);
  }

  remove(id: string): void {
    const before = this.#figures(id);
    this.#recent.delete(id);
    this.#db.prepare("DELETE FROM transfers WHERE id = ?").run(id);
    if (before !== undefined) this.#count(before, -1);
  }

  #figures(id: string): Record<string, unknown> | undefined {
    return this.#db.prepare("SELECT peer, state, bytes FROM transfers WHERE id = ?").get(id);
  }

  /** @param row one transfer, or what many of one peer and state have together */
  #count({ peer, state, bytes }: Record<string, unknown>, times: number): void {
    for (const name of [`${state} ${peer}`, ` ${peer}`]) {
      const count = (this.#counts.get(name) ?? 0) + times;
      if (count > 0) this.#counts.set(name, count);
      else this.#counts.delete(name);
    }
    this.#promised += Math.sign(times) * Number(bytes);
  }

  #remember(transfer: Transfer): void {
    this.#recent.delete(transfer.id);
    this.#recent.set(transfer.id, transfer);
    if (this.#recent.size <= MOST_RECENT) return;
    const [oldest] = this.#recent.keys();
    this.#recent.delete(oldest!);
  }

  #read(row: Record<string, unknown>): Transfer {
    const id = String(row.id);
    const inside = JSON.parse(fromUtf8(this.#vault.open(place(id), row.sealed as Uint8Array)));
    return {
      id,
      mine: row.mine === 1,
      peer: String(row.peer),
      sender: String(row.sender),
      senderKey: (inside.senderKey ?? null) as string | null,
      state: row.state as TransferState,
      at: Number(row.at),
      descriptor: fromJson(inside.descriptor),
      kept: inside.kept as boolean,
      sealed: inside.sealed as boolean,
      type: inside.type as string | null,
      // Of those that came before it was measured nothing is known.
      pixels: (inside.pixels ?? null) as PictureSize | null,
      problem: inside.problem as Problem | null,
      file: inside.file as PlainFile | null,
      ways: inside.ways as WayKind[] | null,
      announced: inside.announced as boolean,
      keyOnRequest: inside.keyOnRequest as boolean,
    };
  }
}

/** What of a transfer is counted. */
function figures({ peer, state, kept, descriptor }: Transfer) {
  return { peer, state, bytes: kept ? descriptor.sealedSize : 0 };
}

function differInState(a: Transfer, b: Transfer): boolean {
  return (Object.keys(a) as (keyof Transfer)[]).every((name) =>
    name === "state" || a[name] === b[name]
  );
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
