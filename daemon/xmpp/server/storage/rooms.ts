import { DEFAULT_ROOM_CONFIG, type RoomConfig } from "../muc/room_config.ts";
import type { Affiliation } from "../muc/privileges.ts";
import type { RoomRecord, RoomStore, Subject } from "../muc/room_store.ts";
import type { Database } from "./database.ts";
import { upsert } from "./upsert.ts";

/** Rooms that outlast their occupants, and who belongs to them. */
export class StoredRooms implements RoomStore {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = statements(db);
  }

  get(name: string): RoomRecord | undefined {
    const row = this.#statements.get.get(name);
    if (row === undefined) return undefined;
    const subject = row.subject === null ? undefined : JSON.parse(row.subject) as Subject;
    return { name, creator: row.creator, config: configOf(row.config), subject };
  }

  put({ name, creator, config, subject }: RoomRecord): void {
    const about = subject === undefined ? null : JSON.stringify(subject);
    this.#statements.put.run(name, creator, config.public, JSON.stringify(config), about);
  }

  remove(name: string): void {
    this.#statements.remove.run(name);
  }

  names(): string[] {
    return this.#statements.names.all().map(({ name }) => name);
  }

  count(): number {
    return this.#statements.count.get()!.n;
  }

  countOf(creator: string): number {
    return this.#statements.countOf.get(creator)!.n;
  }

  listPublic(): { name: string; title: string }[] {
    return this.#statements.listed.all()
      .map(({ name, config }) => ({ name, title: configOf(config).name }));
  }

  affiliations(name: string): Map<string, Exclude<Affiliation, "none">> {
    return new Map(
      this.#statements.affiliations.all(name).map(({ jid, affiliation }) => [jid, affiliation]),
    );
  }

  setAffiliation(name: string, jid: string, affiliation: Affiliation): void {
    if (affiliation === "none") this.#statements.disaffiliate.run(name, jid);
    else this.#statements.affiliate.run(name, jid, affiliation);
  }

  roomsOf(jid: string): string[] {
    return this.#statements.roomsOf.all(jid).map(({ room }) => room);
  }
}

/** Settings that came after a room was made are as in a new one. */
function configOf(json: string): RoomConfig {
  return { ...DEFAULT_ROOM_CONFIG, ...JSON.parse(json) };
}

function statements(db: Database) {
  return {
    get: db.prepare((q, name: string) =>
      q.selectFrom("room").select(["creator", "config", "subject"]).where("name", "=", name)
    ),
    put: db.prepare((
      q,
      name: string,
      creator: string,
      listed: boolean,
      config: string,
      subject: string | null,
    ) =>
      upsert(
        db,
        q.insertInto("room").values({ name, creator, listed, config, subject }),
        ["name"],
        ["listed", "config", "subject"],
      )
    ),
    remove: db.prepare((q, name: string) => q.deleteFrom("room").where("name", "=", name)),
    names: db.prepare((q) => q.selectFrom("room").select("name").orderBy("name")),
    count: db.prepare((q) => q.selectFrom("room").select((e) => e.fn.countAll<number>().as("n"))),
    countOf: db.prepare((q, creator: string) =>
      q.selectFrom("room").select((e) => e.fn.countAll<number>().as("n"))
        .where("creator", "=", creator)
    ),
    listed: db.prepare((q) =>
      q.selectFrom("room").select(["name", "config"]).where("listed", "=", 1).orderBy("name")
    ),
    affiliations: db.prepare((q, room: string) =>
      q.selectFrom("room_affiliation").select(["jid", "affiliation"]).where("room", "=", room)
        .orderBy("jid")
    ),
    affiliate: db.prepare((
      q,
      room: string,
      jid: string,
      affiliation: Exclude<Affiliation, "none">,
    ) =>
      upsert(
        db,
        q.insertInto("room_affiliation").values({ room, jid, affiliation }),
        ["room", "jid"],
        ["affiliation"],
      )
    ),
    disaffiliate: db.prepare((q, room: string, jid: string) =>
      q.deleteFrom("room_affiliation").where("room", "=", room).where("jid", "=", jid)
    ),
    roomsOf: db.prepare((q, jid: string) =>
      q.selectFrom("room_affiliation").select("room").where("jid", "=", jid)
    ),
  };
}
