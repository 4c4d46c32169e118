import assert from "node:assert/strict";
import type { PepConfig } from "./pep_nodes.ts";
import { onDatabases, openStorage } from "./testing.ts";

const CONFIG: PepConfig = {
  accessModel: "roster",
  rosterGroups: ["a'b", "ü\n"],
  publishModel: "subscribers",
  maxItems: 3,
  persistItems: true,
  sendLast: "never",
};
/** The longest name of a node and resource there may be, twice, differing at the very end. */
const [NODE, OTHER] = ["x", "y"].map((last) => "n".repeat(1_022) + last) as [string, string];
const [LONG, LONGER] = ["x", "y"].map((last) => "r".repeat(1_022) + last) as [string, string];

Deno.test("settings, affiliations, subscriptions and publishers outlast a restart", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await onDatabases(async (database) => {
      const location = await database.create(directory);
      const before = openStorage(location);
      for (const name of ["alice", "bob"]) {
        before.accounts.create(name, { credentials: [], loginKeys: [] }, 0);
      }
      before.transaction(() => {
        for (const node of [NODE, OTHER]) before.pep.configure("alice", node, CONFIG);
        before.pepAffiliations.set("alice", NODE, "eve", "member");
        before.pepAffiliations.set("alice", NODE, "eve", "outcast");
        before.pepAffiliations.set("alice", NODE, "Eve", "publisher");
        for (const resource of ["", LONG, LONGER]) {
          const state = resource === LONG ? "pending" : "subscribed";
          before.pepSubscriptions.put("alice", NODE, { subscriber: "bob", resource, state });
        }
        const item = { id: "i", payload: "<a xmlns='a'/>", published: 5 };
        before.pep.publish("alice", NODE, { ...item, publisher: "bob" }, 3);
        before.pep.publish("alice", OTHER, item, 3);
      });
      before.close();

      const storage = openStorage(location);
      try {
        const { pep, pepAffiliations, pepSubscriptions } = storage;
        assert.deepEqual(pep.config("alice", NODE), CONFIG);
        assert.deepEqual(
          [...pepAffiliations.of("alice", NODE)].sort(),
          [["Eve", "publisher"], ["eve", "outcast"]],
        );
        assert.equal(pepAffiliations.of("alice", OTHER).size, 0);
        assert.deepEqual(
          pepSubscriptions.by("alice", NODE, "bob").map(({ resource, state }) => [resource, state]),
          [["", "subscribed"], [LONG, "pending"], [LONGER, "subscribed"]],
        );
        assert.deepEqual(pepSubscriptions.pending("alice", 9).map((one) => one.node), [NODE]);
        assert.equal(pepSubscriptions.count("alice", NODE, "subscribed"), 2);
        assert.equal(pep.item("alice", NODE, "i")!.publisher, "bob");
        assert.equal(pep.item("alice", OTHER, "i")!.publisher, null);
        // Published again by the owner, it is the owner's.
        pep.publish("alice", NODE, { id: "i", payload: "", published: 6 }, 3);
        assert.equal(pep.item("alice", NODE, "i")!.publisher, null);

        assert.equal(pepSubscriptions.remove("alice", NODE, "bob", LONG), true);
        assert.equal(pepSubscriptions.remove("alice", NODE, "bob", LONG), false);
        storage.transaction(() => pep.delete("alice", NODE));
        assert.equal(pepSubscriptions.countOf("bob"), 0, "they go with the node");
        assert.equal(pepAffiliations.between("alice", "eve").length, 0);
        pepSubscriptions.put("alice", OTHER, { subscriber: "bob", resource: "", state: "pending" });
        storage.transaction(() => storage.accounts.remove("bob"));
        assert.deepEqual(pepSubscriptions.of("alice", OTHER), [], "and with the subscriber");
      } finally {
        storage.close();
      }
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a node of an earlier version has the settings of one of whom nothing was said", () =>
  onDatabases(async (database) => {
    const storage = openStorage(await database.create());
    try {
      storage.accounts.create("alice", { credentials: [], loginKeys: [] }, 0);
      storage.pep.configure("alice", "n", CONFIG);
      storage.database.prepare((q) => q.deleteFrom("pep_node_option")).run();
      const { rosterGroups, publishModel } = storage.pep.config("alice", "n")!;
      assert.deepEqual([rosterGroups, publishModel], [[], "publishers"]);
    } finally {
      storage.close();
    }
  }));
