import { fromBase64, fromUtf8, toBase64, utf8 } from "../base/mod.ts";
import type { DatabaseSync, Vault } from "../store/mod.ts";
import type { Problem } from "../views/mod.ts";
import type { FileDescriptor } from "./descriptor.ts";
import type { PictureSize } from "./dimensions.ts";
import type { PlainFile } from "./plain_file.ts";
import { takenBy, type Transfer, type TransferState } from "./transfer.ts";
import { type Figures, TransferCounts } from "./transfer_counts.ts";
import type { Turn } from "./turns.ts";
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
  readonly #counts = new TransferCounts();
  /** What was read or written last, by id: a transfer at work is looked at often. */
  readonly #recent = new Map<string, Transfer>();

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
    const rows = db.prepare(
      `SELECT peer, sender, state, asked, count(*) AS n, sum(bytes) AS bytes,
         sum(missing) AS missing
       FROM transfers GROUP BY peer, sender, state, asked`,
    ).all();
    for (const row of rows) this.#counts.add(figuresIn(row), Number(row.n));
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

  /** What all transfers come to, and those of each sender. */
  get counts(): Pick<TransferCounts, "all" | "of"> {
    return this.#counts;
  }

  /** Whose turn one's would be; undefined when it is no more. */
  turnOf(id: string): Turn | undefined {
    const row = this.#db.prepare("SELECT mine, peer, sender, asked FROM transfers WHERE id = ?")
      .get(id);
    if (row === undefined) return undefined;
    return { out: row.mine === 1, of: `${row.peer} ${row.sender}`, asked: row.asked === 1 };
  }

  /**
   * The oldest of a sender's that may go for a new one: of one's own one that is over, of another's
   * one of which nothing is here, nor on its way. Undefined when there is none.
   */
  oldestIdle(peer: string, sender: string): string | undefined {
    const idle = sender === ""
      ? "state IN ('done', 'failed', 'cancelled', 'declined')"
      : "bytes = 0 AND mine = 0";
    const row = this.#db.prepare(
      `SELECT id FROM transfers WHERE peer = ? AND sender = ? AND ${idle} ORDER BY at, id LIMIT 1`,
    ).get(peer, sender);
    return row === undefined ? undefined : String(row.id);
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
    const { id, mine, peer, sender, state, at, descriptor, asked, ...rest } = transfer;
    const figures = figuresOf(transfer);
    const { bytes, missing } = figures;
    if (old !== undefined && differInState(old, transfer)) {
      this.#db.prepare("UPDATE transfers SET state = ?, bytes = ?, missing = ? WHERE id = ?")
        .run(state, bytes, missing, id);
      this.#counts.add(figuresOf(old), -1);
      this.#counts.add(figures, 1);
      return;
    }
    const inside = utf8(JSON.stringify({ ...rest, descriptor: toJson(descriptor) }));
    const before = this.#figures(id);
    this.#db.prepare(
      `INSERT INTO transfers (id, mine, peer, sender, file, state, at, asked, bytes, missing, sealed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, asked = excluded.asked,
         bytes = excluded.bytes, missing = excluded.missing, sealed = excluded.sealed`,
    ).run(
      id,
      mine ? 1 : 0,
      peer,
      sender,
      descriptor.id,
      state,
      at,
      asked ? 1 : 0,
      bytes,
      missing,
      this.#vault.seal(place(id), inside),
    );
    if (before !== undefined) this.#counts.add(before, -1);
    this.#counts.add(figures, 1);
  }

  remove(id: string): void {
    const before = this.#figures(id);
    this.#recent.delete(id);
    this.#db.prepare("DELETE FROM transfers WHERE id = ?").run(id);
    if (before !== undefined) this.#counts.add(before, -1);
  }

  #figures(id: string): Figures | undefined {
    const row = this.#db.prepare(
      "SELECT peer, sender, state, asked, bytes, missing FROM transfers WHERE id = ?",
    ).get(id);
    return row === undefined ? undefined : figuresIn(row);
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
      asked: row.asked === 1,
      held: (inside.held ?? 0) as number,
    };
  }
}

function figuresOf(transfer: Transfer): Figures {
  const { peer, sender, state, asked } = transfer;
  return { peer, sender, state, asked, ...takenBy(transfer) };
}

function figuresIn(row: Record<string, unknown>): Figures {
  return {
    peer: String(row.peer),
    sender: String(row.sender),
    state: String(row.state),
    asked: row.asked === 1,
    bytes: Number(row.bytes),
    missing: Number(row.missing),
  };
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
