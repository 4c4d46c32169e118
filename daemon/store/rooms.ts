import { fromUtf8, utf8 } from "../base/mod.ts";
import type { Problem, RoomEncryption, RoomInvitationView } from "../views/mod.ts";
import type { DatabaseSync } from "./database.ts";
import type { Vault } from "./vault.ts";

/** What is remembered of a room. */
export interface StoredRoom {
  readonly jid: string;
  /** declined: kept so that the same invitation does not come again and again. */
  readonly state: "joined" | "out" | "invited" | "declined";
  /** When that began, ms since 1970. */
  readonly at: number;
  /** The account's bookmarks have it. */
  readonly bookmarked: boolean;
  /** Newest message of the room's archive that is here. */
  readonly archived: string | null;
  readonly encryption: RoomEncryption;
  readonly name: string;
  /** Ours there; "" before we were in. */
  readonly nick: string;
  readonly password: string | null;
  readonly invitation: RoomInvitationView | null;
  /** Why we are out. */
  readonly problem: Problem | null;
}

/** Rooms one is in, was in, or is invited to; all but addresses and states sealed. */
export class StoredRooms {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  all(): StoredRoom[] {
    return this.#db.prepare("SELECT * FROM rooms ORDER BY jid").all().map((row) => this.#view(row));
  }

  get(jid: string): StoredRoom | undefined {
    const row = this.#db.prepare("SELECT * FROM rooms WHERE jid = ?").get(jid);
    return row === undefined ? undefined : this.#view(row);
  }

  put(room: StoredRoom): void {
    const { jid, state, at, bookmarked, archived, ...inside } = room;
    const sealed = this.#vault.seal(`rooms/${jid}`, utf8(JSON.stringify(inside)));
    this.#db.prepare(
      `INSERT OR REPLACE INTO rooms (jid, state, at, bookmarked, archived, sealed)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ).run(jid, state, at, bookmarked ? 1 : 0, archived, sealed);
  }

  setArchived(jid: string, archived: string): void {
    this.#db.prepare("UPDATE rooms SET archived = ? WHERE jid = ?").run(archived, jid);
  }

  remove(jid: string): void {
    this.#db.prepare("DELETE FROM rooms WHERE jid = ?").run(jid);
  }

  #view(row: Record<string, unknown>): StoredRoom {
    const jid = String(row.jid);
    const inside = this.#vault.open(`rooms/${jid}`, row.sealed as Uint8Array);
    return {
      encryption: "none",
      ...JSON.parse(fromUtf8(inside)),
      jid,
      state: row.state as StoredRoom["state"],
      at: Number(row.at),
      bookmarked: row.bookmarked === 1,
      archived: row.archived as string | null,
    };
  }
}
