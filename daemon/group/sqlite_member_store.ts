import { type Bytes, fromHex, toHex, WireReader, WireWriter } from "../base/mod.ts";
import { type DatabaseSync, transaction, type Vault } from "../store/mod.ts";
import { dataSuite, dataSuiteByCode } from "./data_suites.ts";
import type { GroupMember } from "./group_keys.ts";
import type { MemberStore, StoredEpoch } from "./member_store.ts";
import { decodeRoster, encodeRoster, readRole, writeRole } from "./roster.ts";
import { rosterDifference } from "./roster_difference.ts";
import type { Known, Place } from "./roster_judge.ts";

/** Counters of one sender and epoch that are told apart behind the newest one. */
const WINDOW = 8192;
/** Bytes of where somebody was expelled; who is known has more. */
const PLACE = 20;

/** What lies in the current list of members about one of them. */
interface Listed {
  readonly row: number;
  readonly place: number;
  readonly member: GroupMember;
}

/** The newest list of an incarnation: by device, and as it was handed in last. */
interface CurrentList {
  readonly incarnation: string;
  readonly devices: Map<string, Listed>;
  roster: readonly GroupMember[] | undefined;
  /** The last place that is taken; -1 when none is. */
  last: number;
}

/** Keeps what a member remembers of one group in the daemon's database; keys and names sealed. */
export class SqliteMemberStore implements MemberStore {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;
  readonly #group: string;
  /** Read once. */
  #listed: CurrentList | undefined;

  /** @param group 32 hex digits */
  constructor(db: DatabaseSync, vault: Vault, group: string) {
    this.#db = db;
    this.#vault = vault;
    this.#group = group;
  }

  /** Ids of the groups of which anything is remembered. */
  static groups(db: DatabaseSync): string[] {
    return db.prepare("SELECT grp FROM group_states ORDER BY grp").all()
      .map(({ grp }) => String(grp));
  }

  transaction<T>(work: () => T): T {
    try {
      return transaction(this.#db, work);
    } catch (error) {
      this.#listed = undefined;
      throw error;
    }
  }

  state(): Bytes | undefined {
    const row = this.#db.prepare("SELECT sealed FROM group_states WHERE grp = ?").get(this.#group);
    if (row?.sealed === undefined || row.sealed === null) return undefined;
    return this.#vault.open(`group_states/${this.#group}`, row.sealed as Uint8Array);
  }

  setState(state: Bytes): void {
    const sealed = this.#vault.seal(`group_states/${this.#group}`, state);
    this.#db.prepare(
      `INSERT INTO group_states (grp, counter, sealed) VALUES (?1, 0, ?2)
       ON CONFLICT (grp) DO UPDATE SET sealed = ?2`,
    ).run(this.#group, sealed);
  }

  addEpoch(epoch: StoredEpoch, roster: readonly GroupMember[]): void {
    const { incarnation, number, at } = epoch;
    const inside = writeRole(new WireWriter().u8(dataSuite(epoch.suite).code), epoch.send)
      .raw(epoch.key);
    const sealed = this.#vault.seal(this.#epochPlace(incarnation, number), inside.finish());
    this.#db.prepare(
      `INSERT OR IGNORE INTO group_firsts (grp, incarnation, number) VALUES (?, ?, ?)`,
    ).run(this.#group, incarnation, number);
    this.#db.prepare(
      `INSERT OR REPLACE INTO group_epochs (grp, incarnation, number, at, sealed)
       VALUES (?, ?, ?, ?, ?)`,
    ).run(this.#group, incarnation, number, at, sealed);
    this.#list(incarnation, number, roster);
  }

  roster(incarnation: string): GroupMember[] {
    return [...this.#current(incarnation).devices.values()].sort((a, b) => a.place - b.place)
      .map(({ member }) => member);
  }

  epoch(incarnation: string, number: number): StoredEpoch | undefined {
    const row = this.#db.prepare(
      `SELECT * FROM group_epochs WHERE grp = ? AND substr(incarnation, 1, ?) = ? AND number = ?
       ORDER BY at DESC LIMIT 1`,
    ).get(this.#group, incarnation.length, incarnation, number);
    if (row === undefined) return undefined;
    const whole = String(row.incarnation);
    const inside = this.#vault.open(this.#epochPlace(whole, number), row.sealed as Uint8Array);
    const reader = new WireReader(inside);
    const suite = dataSuiteByCode(reader.u8())!.id;
    const send = readRole(reader);
    return { incarnation: whole, number, suite, send, key: reader.raw(32), at: Number(row.at) };
  }

  firstEpoch(incarnation: string): number | undefined {
    const row = this.#db.prepare(
      `SELECT min(number) AS number FROM group_firsts
       WHERE grp = ? AND substr(incarnation, 1, ?) = ?`,
    ).get(this.#group, incarnation.length, incarnation);
    return row?.number === null ? undefined : Number(row!.number);
  }

  member(incarnation: string, number: number, device: string): GroupMember | undefined {
    const row = this.#db.prepare(
      `SELECT * FROM group_members WHERE grp = ? AND incarnation = ? AND device = ?
         AND first <= ? AND (last IS NULL OR last >= ?) ORDER BY row DESC LIMIT 1`,
    ).get(this.#group, incarnation, device, number, number);
    return row === undefined ? undefined : this.#member(row);
  }

  dropEpochs(at: number, most: number, kept: { incarnation: string; number: number }): void {
    const stale = this.#db.prepare(
      `SELECT incarnation, number FROM group_epochs WHERE grp = ?1
         AND NOT (incarnation = ?2 AND number = ?3)
         AND (at < ?4 OR (incarnation, number) NOT IN
           (SELECT incarnation, number FROM group_epochs WHERE grp = ?1
            ORDER BY at DESC, number DESC LIMIT ?5))`,
    ).all(this.#group, kept.incarnation, kept.number, at, most);
    if (stale.length === 0) return;
    for (const { incarnation, number } of stale) {
      for (const table of ["group_epochs", "group_opened"]) {
        this.#db.prepare(`DELETE FROM ${table} WHERE grp = ? AND incarnation = ? AND number = ?`)
          .run(this.#group, String(incarnation), Number(number));
      }
    }
    this.#db.prepare(
      `DELETE FROM group_members WHERE grp = ?1 AND NOT EXISTS
         (SELECT 1 FROM group_epochs e WHERE e.grp = ?1 AND e.incarnation = group_members.incarnation
            AND e.number >= group_members.first
            AND (group_members.last IS NULL OR e.number <= group_members.last))`,
    ).run(this.#group);
  }

  since(incarnation: string, device: string): number {
    const rows = this.#db.prepare(
      `SELECT place, first, last FROM group_members WHERE grp = ? AND incarnation = ? AND device = ?
       ORDER BY first DESC`,
    ).all(this.#group, incarnation, device);
    let since = Number(rows[0]?.first ?? 0);
    // Another role has a row of its own, in the same place.
    for (const { place, first, last } of rows.slice(1)) {
      if (last !== since - 1 || place !== rows[0]!.place) break;
      since = Number(first);
    }
    // Who was in when we came may have been for long.
    return since <= (this.firstEpoch(incarnation) ?? 0) ? 0 : since;
  }

  person(jid: string): Known | undefined {
    const known = this.#known(jid);
    if (known === undefined || known.length === PLACE) return undefined;
    const reader = new WireReader(known);
    const since = readPlace(reader);
    return { since, role: readRole(reader), accountKey: reader.raw(32) };
  }

  addPerson(jid: string, { accountKey, role, since }: Known): void {
    this.#setKnown(jid, writeRole(writePlace(since), role).raw(accountKey).finish());
  }

  expelled(subject: string): Place | undefined {
    const known = this.#known(subject);
    return known?.length === PLACE ? readPlace(new WireReader(known)) : undefined;
  }

  addExpelled(subject: string, where: Place): void {
    this.#setKnown(subject, writePlace(where).finish());
  }

  removeExpelled(subject: string): void {
    if (this.expelled(subject) === undefined) return;
    this.#db.prepare("DELETE FROM group_persons WHERE grp = ? AND jid = ?")
      .run(this.#group, subject);
  }

  /** What a person was, or where they were expelled. */
  #known(jid: string): Bytes | undefined {
    const row = this.#db.prepare("SELECT sealed FROM group_persons WHERE grp = ? AND jid = ?")
      .get(this.#group, jid);
    if (row === undefined) return undefined;
    return this.#vault.open(`group_persons/${this.#group}/${jid}`, row.sealed as Uint8Array);
  }

  #setKnown(jid: string, what: Bytes): void {
    const sealed = this.#vault.seal(`group_persons/${this.#group}/${jid}`, what);
    this.#db.prepare("INSERT OR REPLACE INTO group_persons (grp, jid, sealed) VALUES (?, ?, ?)")
      .run(this.#group, jid, sealed);
  }

  reserveCounters(count: number): number {
    const row = this.#db.prepare(
      `INSERT INTO group_states (grp, counter) VALUES (?1, ?2)
       ON CONFLICT (grp) DO UPDATE SET counter = counter + ?2 RETURNING counter`,
    ).get(this.#group, count);
    return Number(row!.counter) - count;
  }

  isFresh(incarnation: string, number: number, device: string, counter: number): boolean {
    const row = this.#db.prepare(
      `WITH of_sender AS (SELECT counter FROM group_opened
         WHERE grp = ?1 AND incarnation = ?2 AND number = ?3 AND device = ?4)
       SELECT (SELECT max(counter) FROM of_sender) AS highest,
         EXISTS (SELECT 1 FROM of_sender WHERE counter = ?5) AS seen`,
    ).get(this.#group, incarnation, number, device, counter)!;
    if (row.highest === null) return true;
    return row.seen === 0 && counter > Number(row.highest) - WINDOW;
  }

  markOpened(incarnation: string, number: number, device: string, counter: number): boolean {
    if (!this.isFresh(incarnation, number, device, counter)) return false;
    this.#db.prepare(
      "INSERT INTO group_opened (grp, incarnation, number, device, counter) VALUES (?, ?, ?, ?, ?)",
    ).run(this.#group, incarnation, number, device, counter);
    this.#db.prepare(
      `DELETE FROM group_opened WHERE grp = ? AND incarnation = ? AND number = ? AND device = ?
         AND counter <= ?`,
    ).run(this.#group, incarnation, number, device, counter - WINDOW);
    return true;
  }

  clear(): void {
    this.#listed = undefined;
    for (const table of GROUP_TABLES) {
      this.#db.prepare(`DELETE FROM ${table} WHERE grp = ?`).run(this.#group);
    }
  }

  /**
   * Takes over a list: a row a member and span of epochs. Places grow along the list, so that the
   * rows of one epoch give it back in its order.
   */
  #list(incarnation: string, number: number, roster: readonly GroupMember[]): void {
    const list = this.#current(incarnation);
    if (list.roster === undefined || !this.#listChange(list, number, roster)) {
      this.#listAll(list, number, roster);
    }
    list.roster = roster;
  }

  /** What changed alone. @returns false when that is more than some who go and some at the end */
  #listChange(list: CurrentList, number: number, roster: readonly GroupMember[]): boolean {
    const { gone, come, isAppended } = rosterDifference(list.roster!, roster);
    if (!isAppended) return false;
    for (const { device } of gone) this.#unlist(list.devices.get(device)!.row, device, number);
    for (const member of come) this.#put(list, number, ++list.last, member);
    return true;
  }

  #listAll(list: CurrentList, number: number, roster: readonly GroupMember[]): void {
    const { devices: listed } = list;
    const now = new Set(roster.map(({ device }) => device));
    for (const [device, { row }] of listed) {
      if (!now.has(device)) this.#unlist(row, device, number);
    }
    let place = -1;
    for (const member of roster) {
      const old = listed.get(member.device);
      const stays = old !== undefined && old.place > place;
      if (stays && isSame(old.member, member)) {
        place = old.place;
        continue;
      }
      if (old !== undefined) this.#unlist(old.row, member.device, number);
      place = stays ? old.place : ++list.last;
      this.#put(list, number, place, member);
    }
  }

  #put(list: CurrentList, number: number, place: number, member: GroupMember): void {
    const row = this.#insert(list.incarnation, number, place, member);
    list.devices.set(member.device, { row, place, member });
  }

  #insert(incarnation: string, first: number, place: number, member: GroupMember): number {
    const sealed = this.#vault.seal(
      this.#memberPlace(incarnation, member.device, first),
      encodeRoster([member]),
    );
    const { lastInsertRowid } = this.#db.prepare(
      `INSERT INTO group_members (grp, incarnation, device, place, first, last, sealed)
       VALUES (?, ?, ?, ?, ?, NULL, ?)`,
    ).run(this.#group, incarnation, member.device, place, first, sealed);
    return Number(lastInsertRowid);
  }

  #unlist(row: number, device: string, number: number): void {
    this.#db.prepare("UPDATE group_members SET last = ? WHERE row = ?").run(number - 1, row);
    this.#listed!.devices.delete(device);
  }

  #current(incarnation: string): CurrentList {
    if (this.#listed?.incarnation === incarnation) return this.#listed;
    const rows = this.#db.prepare(
      "SELECT * FROM group_members WHERE grp = ? AND incarnation = ? AND last IS NULL",
    ).all(this.#group, incarnation);
    const devices = new Map(rows.map((row) => [
      String(row.device),
      { row: Number(row.row), place: Number(row.place), member: this.#member(row) },
    ]));
    const last = Math.max(-1, ...[...devices.values()].map(({ place }) => place));
    return this.#listed = { incarnation, devices, roster: undefined, last };
  }

  #member(row: Record<string, unknown>): GroupMember {
    const place = this.#memberPlace(String(row.incarnation), String(row.device), Number(row.first));
    return decodeRoster(this.#vault.open(place, row.sealed as Uint8Array))[0]!;
  }

  #epochPlace(incarnation: string, number: number): string {
    return `group_epochs/${this.#group}/${incarnation}/${number}`;
  }
  #memberPlace(incarnation: string, device: string, first: number): string {
    return `group_members/${this.#group}/${incarnation}/${device}/${first}`;
  }
}

/** Tables with a column `grp`. */
export const GROUP_TABLES = [
  "group_states",
  "group_firsts",
  "group_epochs",
  "group_members",
  "group_opened",
  "group_persons",
] as const;

function writePlace({ incarnation, epoch }: Place): WireWriter {
  return new WireWriter().raw(fromHex(incarnation)).u32(epoch);
}
function readPlace(reader: WireReader): Place {
  return { incarnation: toHex(reader.raw(16)), epoch: reader.u32() };
}

function isSame(a: GroupMember, b: GroupMember): boolean {
  return a === b ||
    (a.id === b.id && a.role === b.role && sameBytes(a.deviceKey, b.deviceKey) &&
      sameBytes(a.accountKey, b.accountKey));
}

function sameBytes(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
