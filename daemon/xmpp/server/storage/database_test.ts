import assert from "node:assert/strict";
import fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "./schema.ts";
import type { Storage } from "./storage.ts";
import { upsert } from "./upsert.ts";
import { administerMariadb, onDatabases, openStorage } from "./testing.ts";

/** Runs `test` on an empty storage of each kind. */
function onStorages(test: (storage: Storage, location: string) => void): Promise<void> {
  return onDatabases(async (database) => {
    const location = await database.create();
    const storage = openStorage(location);
    try {
      test(storage, location);
    } finally {
      storage.close();
    }
  });
}

function withAlice(storage: Storage): Storage {
  storage.transaction(() => storage.accounts.create("alice", NO_KEYS, 1));
  return storage;
}

const NO_KEYS = { credentials: [], loginKeys: [] };
const NODE = {
  accessModel: "presence",
  rosterGroups: [],
  publishModel: "publishers",
  maxItems: 10,
  persistItems: true,
  sendLast: "never",
} as const;

/** What breaks out of quotes, is taken for a pattern, or is equal to something else by some rule. */
const TRAPS = [
  ...["a", "A", "a ", " a", "ä", "Ä", "a\u0308", "ß", "ss", "\u{1F600}", "\u{1F601}", "ﬀ", "ff"],
  ...["'", "''", '"', "`", "\\", "\\'", "\\0", "%", "_", "a%", "?", ":a", "$1", ";", "--", "#"],
  ..."'; DROP TABLE account; --|' OR '1'='1|\") OR 1=1 --|\\' OR 1=1 -- |x' UNION SELECT 1 -- "
    .split("|"),
  ...[
    "\n",
    "\r\n",
    "\t",
    "\u200b",
    "\u200b\u200b",
    "\uffff",
    "\u{10ffff}",
    "null",
    "0",
    "0.0",
    "1e0",
  ],
];

Deno.test("texts are kept as they are, and differ when they differ, on every database", () =>
  onStorages((storage) => {
    withAlice(storage);
    const { pep, rosters, blocklists, accounts } = storage;
    const distinct = [...new Set(TRAPS)];
    for (const text of distinct) {
      pep.configure("alice", text, NODE);
      pep.publish("alice", text, { id: text, payload: text, published: 2 }, 10);
      rosters.put("alice", { ...rosters.get("alice", text), name: text, groups: [text] });
      rosters.addRequest("alice", text, text, 1_000);
      blocklists.add("alice", text);
      assert.equal(accounts.exists(text), false);
      assert.equal(accounts.credential(text, text), undefined);
    }
    const sorted = [...distinct].sort((a, b) => a < b ? -1 : 1);
    assert.deepEqual(pep.nodes("alice").sort((a, b) => a < b ? -1 : 1), sorted);
    assert.equal(rosters.count("alice"), distinct.length);
    assert.deepEqual(blocklists.list("alice"), new Set(distinct));
    for (const text of distinct) {
      assert.deepEqual(
        pep.items("alice", text, 10).map((item) => ({ ...item })),
        [{ id: text, payload: text, published: 2, publisher: null }],
      );
      const { contact, name, groups, pendingIn } = rosters.get("alice", text);
      assert.deepEqual({ contact, name, groups }, { contact: text, name: text, groups: [text] });
      assert.ok(pendingIn);
      assert.equal(rosters.request("alice", text), text);
    }
    for (const text of distinct) assert.ok(pep.delete("alice", text), text);
    assert.deepEqual(pep.nodes("alice"), []);
    assert.equal(accounts.count(), 1);
  }));

Deno.test("any text comes back as it went in, on every database", () =>
  onStorages((storage) => {
    withAlice(storage).pep.configure("alice", "n", NODE);
    const text = fc.string({ unit: "binary", maxLength: 300 }).filter((s) => !s.includes("\0"));
    fc.assert(
      fc.property(text, text, (id, payload) => {
        storage.pep.publish("alice", "n", { id, payload, published: 1 }, 10);
        assert.equal(storage.pep.item("alice", "n", id)!.payload, payload);
        assert.ok(storage.pep.retract("alice", "n", id));
        assert.equal(storage.pep.item("alice", "n", id), undefined);
      }),
      { numRuns: 150 },
    );
  }));

Deno.test("U+0000 and half characters are refused, with `bad-text`", () =>
  onStorages((storage) => {
    withAlice(storage);
    for (const text of ["\0", "a\0", "\ud800", "a\udc00"]) {
      assert.throws(() => storage.blocklists.add("alice", text), { code: "bad-text" });
      assert.throws(() => storage.accounts.exists(text), { code: "bad-text" });
    }
  }));

Deno.test("the longest addresses, names and bodies there may be are kept whole", () =>
  onStorages((storage) => {
    withAlice(storage);
    const part = (letter: string) => letter.repeat(1_023);
    const jids = ["x", "y"].map((end) => `${part("l")}@${part("d")}/${part("r").slice(1)}${end}`);
    const node = "\u{1F600}".repeat(1_022);
    for (const jid of jids) {
      storage.blocklists.add("alice", jid);
      storage.rosters.put("alice", storage.rosters.get("alice", jid));
    }
    assert.deepEqual(storage.blocklists.list("alice"), new Set(jids));
    assert.deepEqual(storage.rosters.list("alice").map(({ contact }) => contact), jids);
    for (const last of ["a", "b"]) {
      storage.pep.configure("alice", node + last, NODE);
      const payload = last.repeat(1 << 20);
      storage.pep.publish("alice", node + last, { id: node, payload, published: 1 }, 10);
      assert.equal(storage.pep.item("alice", node + last, node)!.payload, payload);
    }
    assert.equal(storage.pep.size("alice"), 2 * (4 * 1_022 + 1) + 2 * (4 * 1_022 + (1 << 20)));
  }));

Deno.test("a transaction that throws leaves nothing, not even in memory", () =>
  onStorages((storage) => {
    withAlice(storage);
    const { accounts, blocklists } = storage;
    assert.throws(() =>
      storage.transaction(() => {
        accounts.create("bob", NO_KEYS, 1);
        blocklists.add("alice", "x@y");
        assert.ok(accounts.exists("bob"));
        assert.equal(blocklists.list("alice").size, 1);
        throw new Error("no");
      }), /no/);
    assert.equal(accounts.exists("bob"), false);
    assert.equal(blocklists.list("alice").size, 0);
    assert.throws(() => storage.transaction(() => storage.transaction(() => {})));
    storage.transaction(() => accounts.create("bob", NO_KEYS, 1));
    assert.ok(accounts.exists("bob"));
  }));

Deno.test("run() counts the same rows on every database", () =>
  onStorages(({ database }) => {
    const insert = database.prepare((q, name: string) =>
      q.insertInto("account").values({ name, created: 1 })
    );
    assert.equal(insert.run("alice").changes, 1);
    const update = database.prepare((q, name: string, created: number) =>
      q.updateTable("account").set({ created }).where("name", "=", name)
    );
    assert.equal(update.run("alice", 2).changes, 1);
    assert.equal(update.run("alice", 2).changes, 1, "found, though nothing changed");
    assert.equal(update.run("bob", 2).changes, 0);
    const repeated = database.prepare((q, name: string) =>
      q.selectFrom("account").select("created").where((e) =>
        e.or([e("name", "=", name), e("name", "in", [name, "bob"])])
      )
    );
    assert.deepEqual(repeated.all("alice").map((row) => ({ ...row })), [{ created: 2 }]);
    assert.throws(() => insert.run("alice"), "a name is there once");
  }));

Deno.test("a database of a newer simppd is left alone", () =>
  onDatabases(async (database) => {
    const file = await Deno.makeTempFile();
    const location = database.kind === "sqlite" ? file : await database.create();
    const storage = openStorage(location);
    const newer = MIGRATIONS.length + 1;
    storage.close();
    if (database.kind === "sqlite") {
      const db = new DatabaseSync(file);
      db.exec(`PRAGMA user_version = ${newer}`);
      db.close();
    } else {
      await administerMariadb(`UPDATE ${new URL(location).pathname.slice(1)}.simppd_schema
        SET version = ${newer}`);
    }
    assert.throws(() => openStorage(location), { code: "schema-newer" });
    for (const suffix of ["", "-wal", "-shm"]) {
      await Deno.remove(file + suffix).catch(() => {});
    }
  }));

Deno.test("a database that an earlier version made is brought up to date with what is in it", async () => {
  const file = await Deno.makeTempFile();
  const db = new DatabaseSync(file);
  db.exec(MIGRATIONS[0]!.sqlite);
  db.exec(`PRAGMA user_version = 1;
    INSERT INTO account VALUES ('alice', 5, 7);
    INSERT INTO offline_message (account, stanza, size) VALUES ('alice', '<message/>', 10)`);
  db.close();
  const storage = openStorage(file);
  try {
    assert.equal(storage.rosters.version("alice"), "5.7");
    assert.equal(storage.offline.after("alice", 0, 9, 99)[0]!.stanza, "<message/>");
  } finally {
    storage.close();
    await Deno.remove(file);
  }
});

Deno.test("what another process wrote into the file is seen after refresh()", async () => {
  const directory = await Deno.makeTempDir();
  const storage = openStorage(`${directory}/server.db`);
  const { accounts, database } = storage;
  try {
    assert.equal(accounts.exists("bob"), false);
    const other = new DatabaseSync(`${directory}/server.db`);
    other.exec("INSERT INTO account (name, created) VALUES ('bob', 1)");
    other.close();
    database.refresh();
    assert.ok(accounts.exists("bob"));
    const before = database.executed;
    database.refresh();
    assert.ok(accounts.exists("bob"));
    assert.equal(database.executed, before + 1, "it still remembers when nobody wrote");
  } finally {
    storage.close();
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("runEach() stores each row once, large and small, on every database", () =>
  onStorages((storage) => {
    const { database } = withAlice(storage);
    const insert = database.prepare((q, id: string, size: number, payload: string) =>
      upsert(
        database,
        q.insertInto("pep_item")
          .values({ account: "alice", node: "n", id, published: 7, size, payload }),
        ["account", "node", "id"],
        [],
      )
    );
    storage.pep.configure("alice", "n", NODE);
    const rows = Array.from(
      { length: 150 },
      (_, i) =>
        [`id ${i}`, i, (i % 50 === 0 ? "?" : "x").repeat(i % 50 === 0 ? 100_000 : i)] as [
          string,
          number,
          string,
        ],
    );
    database.transaction(() => insert.runEach(rows));
    database.transaction(() => insert.runEach(rows.slice(10, 90)));
    database.transaction(() => insert.runEach([]));
    const kept = storage.pep.items("alice", "n", 1_000).reverse();
    assert.deepEqual(
      kept.map(({ id, payload }) => [id, payload]),
      rows.map(([id, , payload]) => [id, payload]),
    );
    assert.throws(
      () => database.transaction(() => insert.runEach([["new", 1, "x"], ["\0", 1, "x"]])),
      { code: "bad-text" },
    );
    assert.equal(storage.pep.item("alice", "n", "new"), undefined);
  }));
