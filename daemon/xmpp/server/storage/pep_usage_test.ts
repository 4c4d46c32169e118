import assert from "node:assert/strict";
import fc from "fast-check";
import { utf8 } from "../../../base/mod.ts";
import { openDatabase } from "../../../store/mod.ts";
import type { PepConfig } from "./pep_nodes.ts";
import { MIGRATIONS } from "./schema.ts";
import type { Storage } from "./storage.ts";
import { onDatabases, openStorage } from "./testing.ts";

const CONFIG: PepConfig = {
  accessModel: "open",
  rosterGroups: [],
  publishModel: "open",
  maxItems: 3,
  persistItems: true,
  sendLast: "never",
};
const NODES = ["n", "ä", "\u{1F600}"];
const PEOPLE = [null, "bob", "carol"];
const NO_KEYS = { credentials: [], loginKeys: [] };

/** What lies there, counted. */
function counted({ pep }: Storage, account: string): number {
  return pep.nodes(account).flatMap((node) => [
    node,
    ...pep.items(account, node, 1_000).flatMap(({ id, payload }) => [id, payload]),
  ]).reduce((bytes, text) => bytes + utf8(text).length, 0);
}

const node = fc.constantFrom(...NODES);
const id = fc.constantFrom("1", "2", "3", "4", "ü");
const step = fc.oneof(
  fc.record({ what: fc.constant("configure" as const), node, maxItems: fc.nat(4) }),
  fc.record({
    what: fc.constant("publish" as const),
    node,
    id,
    payload: fc.string({ unit: "grapheme", maxLength: 20 }).map((s) => s.replaceAll("\0", "")),
    publisher: fc.constantFrom(...PEOPLE),
  }),
  fc.record({ what: fc.constant("retract" as const), node, id }),
  fc.record({ what: fc.constant("purge" as const), node }),
  fc.record({ what: fc.constant("delete" as const), node }),
);

Deno.test("what an account's nodes fill is known without counting, after whatever was done or undone", () =>
  onDatabases(async (database) => {
    const storage = openStorage(await database.create());
    const { accounts, pep } = storage;
    try {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(step, fc.integer({ min: 0, max: 4 })), { maxLength: 25 }),
          (steps) => {
            accounts.create("alice", NO_KEYS, 1);
            for (const [one, undone] of steps) {
              try {
                storage.transaction(() => {
                  if (one.what === "configure") {
                    pep.configure("alice", one.node, { ...CONFIG, maxItems: one.maxItems });
                  } else if (one.what === "publish") {
                    const { id, payload, publisher } = one;
                    const config = pep.config("alice", one.node);
                    if (config === undefined) return;
                    const item = { id, payload, publisher, published: 1 };
                    if (!pep.publish("alice", one.node, item, config.maxItems)) throw new Error();
                  } else if (one.what === "retract") pep.retract("alice", one.node, one.id);
                  else pep[one.what]("alice", one.node);
                  if (undone === 0) throw new Error("undone");
                });
              } catch (error) {
                if ((error as Error).constructor !== Error) throw error;
              }
              assert.equal(pep.size("alice"), counted(storage, "alice"), one.what);
            }
            accounts.remove("alice");
            assert.equal(pep.size("alice"), 0);
          },
        ),
        { numRuns: database.kind === "sqlite" ? 100 : 15 },
      );
    } finally {
      storage.close();
    }
  }));

Deno.test("what lies in a database of before is counted once, when it is opened", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/server.db`;
    const old = openDatabase(path, MIGRATIONS.slice(0, 9).map(({ sqlite }) => sqlite));
    old.exec(`INSERT INTO account (name, created) VALUES ('alice', 1), ('bob', 1);
      INSERT INTO pep_node VALUES ('alice', 'ä', 'open', 3, 1, 'never');
      INSERT INTO pep_item (account, node, id, payload, published, size)
        VALUES ('alice', 'ä', 'i', '<a/>', 1, 5), ('alice', 'ä', 'j', '', 1, 1);`);
    old.close();
    const storage = openStorage(path);
    assert.deepEqual(["alice", "bob"].map((name) => storage.pep.size(name)), [8, 0]);
    storage.close();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("guests push out their own items, then each other's, the owner's never", () =>
  onDatabases(async (database) => {
    const storage = openStorage(await database.create());
    try {
      storage.accounts.create("alice", NO_KEYS, 1);
      const { pep } = storage;
      pep.configure("alice", "n", CONFIG);
      const publish = (id: string, publisher: string | null) =>
        pep.publish("alice", "n", { id, payload: "", publisher, published: 1 }, 3);
      const ids = () => pep.items("alice", "n", 10).map(({ id }) => id).reverse();
      assert.ok(publish("own", null) && publish("bob1", "bob") && publish("carol1", "carol"));
      assert.ok(publish("carol2", "carol"));
      assert.deepEqual(ids(), ["own", "bob1", "carol2"], "its own goes");
      assert.ok(publish("dave1", "dave"));
      assert.deepEqual(ids(), ["own", "carol2", "dave1"], "the oldest of a guest goes");
      for (const id of ["own2", "own3"]) publish(id, null);
      assert.deepEqual(ids(), ["dave1", "own2", "own3"], "the owner's push out what is oldest");
      publish("own4", null);
      assert.equal(publish("eve1", "eve"), false);
    } finally {
      storage.close();
    }
  }));
