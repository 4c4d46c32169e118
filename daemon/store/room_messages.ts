import { fromUtf8, utf8 } from "../base/mod.ts";
import type { Problem, RoomMessageView } from "../views/mod.ts";
import type { DatabaseSync } from "./database.ts";
import type { Vault } from "./vault.ts";

/** A room's newest messages that are kept; older ones make place. */
const KEPT = 5_000;
/** How far more than that there may be between two looks. */
const SLACK = 100;

/** A message as it is stored: its id comes from here. */
export type NewRoomMessage = Omit<RoomMessageView, "id"> & {
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

  /** One of ours did not get there. */
  fail(room: string, said: string, problem: Problem): RoomMessageView | undefined {
    const found = this.#db.prepare(
      `SELECT * FROM room_messages
       WHERE room = ? AND mine = 1 AND said = ? AND delivery = 'pending'`,
    ).get(room, said);
    if (found === undefined) return undefined;
    const { kind, nick, sender, jid, body, at, encryption } = this.#view(found);
    this.#db.prepare("UPDATE room_messages SET delivery = 'failed', sealed = ? WHERE row = ?").run(
      this.#seal(place({ room, mine: true, at, said }), {
        kind,
        nick,
        sender,
        jid,
        body,
        encryption,
        problem,
      }),
      found.row as number,
    );
    return this.#get(Number(found.row));
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
    return this.page(room, 20).findLast(({ kind }) => kind === "chat");
  }

  /** When the newest line of a room is from; 0 when there is none. */
  newestAt(room: string): number {
    const row = this.#db.prepare("SELECT max(at) AS at FROM room_messages WHERE room = ?").get(
      room,
    );
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

  #seal(place: string, inside: Record<string, unknown>): Uint8Array {
    return this.#vault.seal(place, utf8(JSON.stringify(inside)));
  }

  #view(row: Record<string, unknown>): RoomMessageView {
    const [room, said] = [String(row.room), String(row.said)];
    const [mine, at] = [row.mine === 1, Number(row.at)];
    const inside = this.#vault.open(place({ room, mine, at, said }), row.sealed as Uint8Array);
    return {
      encryption: "none",
      ...JSON.parse(fromUtf8(inside)),
      id: String(row.row),
      room,
      mine,
      at,
      mention: row.mention === 1,
      delivery: row.delivery as RoomMessageView["delivery"],
    };
  }
}

/** What of a message never changes: its sealed part is bound to it. */
function place(row: { room: string; mine: boolean; at: number; said: string }): string {
  const { room, mine, at, said } = row;
  return `room_messages/${room}/${mine ? "mine" : "theirs"}/${at}/${said}`;
}
