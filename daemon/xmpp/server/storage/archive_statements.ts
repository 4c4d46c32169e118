import type { Database } from "./database.ts";
import { upsert } from "./upsert.ts";

/** What is asked of the table of archived messages, compiled once. */
export function archiveStatements(db: Database) {
  const table = "archived_message";
  type Reach = "all" | "peer" | "resource";
  const page = (reach: Reach, direction: "asc" | "desc") =>
    db.prepare((
      q,
      owner: string,
      after: number,
      before: number,
      most: number,
      peer: string,
      resource: string,
    ) => {
      let query = q.selectFrom(table).select(["id", "stanza"])
        .where("owner", "=", owner).where("id", ">", after).where("id", "<", before)
        .orderBy("id", direction).limit(most);
      if (reach !== "all") query = query.where("peer", "=", peer);
      return reach === "resource" ? query.where("resource", "=", resource) : query;
    });
  const pages = (reach: Reach) => ({
    forwards: page(reach, "asc"),
    backwards: page(reach, "desc"),
  });
  const count = (reach: Reach) =>
    db.prepare((
      q,
      owner: string,
      after: number,
      before: number,
      peer: string,
      resource: string,
    ) => {
      let query = q.selectFrom(table).select(q.fn.countAll<number>().as("n"))
        .where("owner", "=", owner).where("id", ">", after).where("id", "<", before);
      if (reach !== "all") query = query.where("peer", "=", peer);
      return reach === "resource" ? query.where("resource", "=", resource) : query;
    });
  return {
    pages: { all: pages("all"), peer: pages("peer"), resource: pages("resource") },
    counts: { all: count("all"), peer: count("peer"), resource: count("resource") },
    last: db.prepare((q) => q.selectFrom(table).select("id").orderBy("id", "desc").limit(1)),
    owners: db.prepare((q) => q.selectFrom(table).select("owner").distinct()),
    find: db.prepare((q, owner: string, id: number) =>
      q.selectFrom(table).select("id").where("owner", "=", owner).where("id", "=", id)
    ),
    insert: db.prepare((
      q,
      id: number,
      owner: string,
      peer: string,
      resource: string,
      stanza: string,
      size: number,
    ) => {
      // Tried again, it may be there: whether a commit was done is unknown when a connection is lost.
      const insert = q.insertInto(table).values({ id, owner, peer, resource, stanza, size });
      return upsert(db, insert, ["id"], []);
    }),
    taken: db.prepare((q, owner: string) =>
      q.selectFrom(table).where("owner", "=", owner).select(({ fn, lit }) => [
        fn.countAll<number>().as("messages"),
        fn.coalesce(fn.sum<number>("size"), lit(0)).as("bytes"),
      ])
    ),
    totals: db.prepare((q) =>
      q.selectFrom(table).select(({ fn, lit }) => [
        fn.countAll<number>().as("messages"),
        fn.coalesce(fn.sum<number>("size"), lit(0)).as("bytes"),
      ])
    ),
    takenByPeer: db.prepare((q, owner: string) =>
      q.selectFrom(table).where("owner", "=", owner).groupBy("peer").select(({ fn }) => [
        "peer",
        fn.countAll<number>().as("messages"),
        fn.sum<number>("size").as("bytes"),
      ])
    ),
    oldest: db.prepare((q, owner: string, peer: string, most: number) =>
      q.selectFrom(table).select(["id", "size"]).where("owner", "=", owner)
        .where("peer", "=", peer).orderBy("id").limit(most)
    ),
    removeUpTo: db.prepare((q, owner: string, peer: string, id: number) =>
      q.deleteFrom(table).where("owner", "=", owner).where("peer", "=", peer).where("id", "<=", id)
    ),
    removeOwner: db.prepare((q, owner: string) => q.deleteFrom(table).where("owner", "=", owner)),
    removeOld: db.prepare((q, id: number) => q.deleteFrom(table).where("id", "<", id)),
  };
}
