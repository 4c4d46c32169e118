import { fromUtf8, utf8 } from "../base/mod.ts";
import type { Problem, RoomMessageView } from "../views/mod.ts";
import type { DatabaseSync } from "./database.ts";
import type { Vault } from "./vault.ts";

/** A room's newest messages that are kept; older ones make place. */
const KEPT = 5_000;
/** Corrections of one message that are taken. */
const CORRECTIONS = 20;
/** How far more than that there may be between two looks. */
const SLACK = 100;

/** A message as it is stored: its id comes from here. */
export type NewRoomMessage = Omit<RoomMessageView, "id" | "file"> & {
  readonly file?: string;
  /** What the room calls it, or what stands for that: unique in the room. */
  readonly key: string;
  /** What its sender called it. */
  readonly said: string;
  readonly unread: boolean;
};

/** Messages of rooms; who said them and what, sealed. */
export class RoomMessages {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;
  #added = 0;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  /** Stores one; undefined when its room has one of that key already. */
  add(message: NewRoomMessage): RoomMessageView | undefined {
    const { room, key, said, mine, at, unread, mention, delivery, ...inside } = message;
    const { changes, lastInsertRowid } = this.#db.prepare(
      `INSERT OR IGNORE INTO room_messages
         (room, key, said, mine, at, unread, mention, delivery, sealed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      room,
      key,
      said,
      mine ? 1 : 0,
      at,
      unread ? 1 : 0,
      mention ? 1 : 0,
      delivery,
      this.#seal(place({ room, mine, at, said }), inside),
    );
    if (changes === 0) return undefined;
    if (++this.#added % SLACK === 0) this.#prune(room);
    return this.#get(Number(lastInsertRowid));
  }

  /**
   * One of ours that waited was repeated by the room, which calls it `key`.
   * @returns it as it is now; undefined when none of that name waited
   */
  confirm(room: string, said: string, key: string): RoomMessageView | undefined {
    const row = this.#db.prepare(
      `UPDATE OR IGNORE room_messages SET delivery = 'sent', key = ?
       WHERE room = ? AND mine = 1 AND said = ? AND delivery = 'pending' RETURNING row`,
    ).get(key, room, said);
    return row === undefined ? undefined : this.#get(Number(row.row));
  }

  /** The same of what was sealed: it waits under a key that names what was sent. */
  confirmSealed(room: string, waiting: string, key: string): RoomMessageView | undefined {
    const row = this.#db.prepare(
      `UPDATE OR IGNORE room_messages SET delivery = 'sent', key = ?
       WHERE room = ? AND mine = 1 AND key = ? AND delivery = 'pending' RETURNING row`,
    ).get(key, room, waiting);
    return row === undefined ? undefined : this.#get(Number(row.row));
  }

  /** One of ours did not get there. */
  fail(room: string, said: string, problem: Problem): RoomMessageView | undefined {
    const found = this.#db.prepare(
      `SELECT * FROM room_messages
       WHERE room = ? AND mine = 1 AND said = ? AND delivery = 'pending'`,
    ).get(room, said);
    if (found === undefined) return undefined;
    this.#db.prepare("UPDATE room_messages SET delivery = 'failed', sealed = ? WHERE row = ?").run(
      this.#seal(placeOf(found), { ...this.#inside(found), problem }),
      found.row as number,
    );
    return this.#get(Number(found.row));
  }

  /** Removes the line of a file. */
  removeFile(room: string, file: string): void {
    this.#db.prepare("DELETE FROM room_messages WHERE room = ? AND key = ?")
      .run(room, fileKey(file));
  }

  /** The newest in the open that its sender, we or another, called `said`. */
  find(room: string, said: string, mine: boolean): RoomMessageView | undefined {
    const row = this.#db.prepare(
      `SELECT * FROM room_messages WHERE room = ? AND said = ? AND mine = ?
       ORDER BY row DESC LIMIT 1`,
    ).get(room, said, mine ? 1 : 0);
    const message = row === undefined ? undefined : this.#view(row);
    return message?.kind === "chat" ? message : undefined;
  }

  /** What one of ours that the room has was called; undefined when there is none of this id. */
  nameOf(room: string, id: string): string | undefined {
    const row = this.#db.prepare(
      `SELECT * FROM room_messages WHERE room = ? AND row = ? AND mine = 1 AND delivery = 'sent'`,
    ).get(room, Number(id));
    if (row === undefined || row.said === "") return undefined;
    return this.#view(row).kind === "chat" ? String(row.said) : undefined;
  }

  /** Was this correction, as the room calls it, applied to a message already? */
  isCorrectedBy({ id }: { readonly id: string }, key: string): boolean {
    const row = this.#db.prepare("SELECT * FROM room_messages WHERE row = ?").get(Number(id));
    return row !== undefined && (this.#inside(row).corrections ?? []).includes(key);
  }

  /**
   * Replaces the text of one by that of its correction, which the room calls `key`.
   * @returns it as it is now; undefined when it was corrected too often
   */
  correct(
    { id }: { readonly id: string },
    key: string,
    change: { readonly body: string; readonly link: string | null; readonly mention: boolean },
  ): RoomMessageView | undefined {
    const row = this.#db.prepare("SELECT * FROM room_messages WHERE row = ?").get(Number(id))!;
    const { corrections = [], ...inside } = this.#inside(row);
    if (corrections.length >= CORRECTIONS) return undefined;
    const { body, link, mention } = change;
    const fresh = { ...inside, body, link, edited: true, corrections: [...corrections, key] };
    this.#db.prepare("UPDATE room_messages SET sealed = ?, mention = ? WHERE row = ?").run(
      this.#seal(placeOf(row), fresh),
      mention || row.mention === 1 ? 1 : 0,
      Number(id),
    );
    return this.#get(Number(id));
  }

  /** What ours that wait are called, those from before `at`. */
  pending(room: string, at: number): string[] {
    return this.#db.prepare(
      "SELECT said FROM room_messages WHERE room = ? AND delivery = 'pending' AND at < ?",
    ).all(room, at).map(({ said }) => String(said));
  }

  /** At most `limit` of a room's messages before the one called `before`, oldest first. */
  page(room: string, limit: number, before?: number): RoomMessageView[] {
    const earlier = before === undefined
      ? ""
      : "AND (at, row) < (SELECT at, row FROM room_messages WHERE row = ?)";
    return this.#db.prepare(
      `SELECT * FROM room_messages WHERE room = ? ${earlier} ORDER BY at DESC, row DESC LIMIT ?`,
    ).all(room, ...before === undefined ? [] : [before], limit)
      .map((row) => this.#view(row)).reverse();
  }

  /** The newest that somebody said, in the open. */
  newest(room: string): RoomMessageView | undefined {
    return this.page(room, 20).findLast(({ kind }) => kind === "chat" || kind === "file");
  }

  /** When the newest line of a room, or of these, is from; 0 when there is none. */
  newestAt(room: string, keys?: readonly string[]): number {
    const among = keys === undefined ? "" : ` AND key IN (${keys.map(() => "?").join(", ")})`;
    const row = this.#db.prepare(
      `SELECT max(at) AS at FROM room_messages WHERE room = ?${among}`,
    ).get(room, ...keys ?? []);
    return Number(row?.at ?? 0);
  }

  unread(room: string): { unread: number; mentions: number } {
    const row = this.#db.prepare(
      `SELECT count(*) AS unread, coalesce(sum(mention), 0) AS mentions FROM room_messages
       WHERE room = ? AND unread = 1`,
    ).get(room);
    return { unread: Number(row?.unread ?? 0), mentions: Number(row?.mentions ?? 0) };
  }

  markRead(room: string): void {
    this.#db.prepare("UPDATE room_messages SET unread = 0 WHERE room = ? AND unread = 1").run(room);
  }

  forget(room: string): void {
    this.#db.prepare("DELETE FROM room_messages WHERE room = ?").run(room);
  }

  #prune(room: string): void {
    this.#db.prepare(
      `DELETE FROM room_messages WHERE room = ? AND row <=
         (SELECT row FROM room_messages WHERE room = ? ORDER BY row DESC LIMIT 1 OFFSET ${KEPT})`,
    ).run(room, room);
  }

  #get(row: number): RoomMessageView {
    return this.#view(this.#db.prepare("SELECT * FROM room_messages WHERE row = ?").get(row)!);
  }

  #inside(row: Record<string, unknown>): Inside {
    return JSON.parse(fromUtf8(this.#vault.open(placeOf(row), row.sealed as Uint8Array)));
  }

  #seal(place: string, inside: Inside): Uint8Array {
    return this.#vault.seal(place, utf8(JSON.stringify(inside)));
  }

  #view(row: Record<string, unknown>): RoomMessageView {
    const { corrections: _, ...inside } = this.#inside(row);
    return {
      // Older rows do not have these.
      encryption: "none",
      link: null,
      edited: false,
      file: null,
      ...inside,
      id: String(row.row),
      room: String(row.room),
      mine: row.mine === 1,
      at: Number(row.at),
      mention: row.mention === 1,
      delivery: row.delivery as RoomMessageView["delivery"],
    };
  }
}

/** The key of a file's line. */
export function fileKey(file: string): string {
  return `file ${file}`;
}

/** The sealed part of a row. */
type Inside =
  & Pick<RoomMessageView, "kind" | "nick" | "sender" | "jid" | "body" | "problem">
  & Partial<Pick<RoomMessageView, "link" | "edited" | "file">>
  // What the room calls the corrections that were applied.
  & { readonly corrections?: readonly string[] };

function placeOf(row: Record<string, unknown>): string {
  return place({
    room: String(row.room),
    mine: row.mine === 1,
    at: Number(row.at),
    said: String(row.said),
  });
}

/** What of a message never changes: its sealed part is bound to it. */
function place(row: { room: string; mine: boolean; at: number; said: string }): string {
  const { room, mine, at, said } = row;
  return `room_messages/${room}/${mine ? "mine" : "theirs"}/${at}/${said}`;
}
