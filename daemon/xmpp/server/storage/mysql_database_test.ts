import assert from "node:assert/strict";
import { sql } from "kysely";
import { configureSync, resetSync } from "@logtape/logtape";
import { startMariadb } from "../../../../scripts/peers/mariadb.ts";
import { absent } from "../../../../tests/real_parts.ts";
import type { SimppdError } from "../../../base/mod.ts";
import { openStorage } from "./testing.ts";

const ignore = absent("mariadbd");
const NO_KEYS = { credentials: [], loginKeys: [] };
/** Every pause between attempts to connect, and a start of the database, fits in. */
const PATIENCE_MS = 20_000;

async function eventually(work: () => void): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS;;) {
    try {
      return work();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

Deno.test({
  name: "MariaDB killed in a transaction: an error at once, nothing half-written, then service",
  ignore,
  async fn() {
    const mariadb = (await startMariadb("killed"))!;
    const storage = openStorage(await mariadb.createDatabase());
    const { accounts, offline } = storage;
    const room = { messages: 99, bytes: 9_999 };
    try {
      storage.transaction(() => accounts.create("alice", NO_KEYS, 1));
      assert.throws(() =>
        storage.transaction(() => {
          offline.add("alice", "bob", "<half/>", room, room);
          Deno.kill(mariadb.pid, "SIGKILL");
          try {
            // It may still take this one, but never the end of the transaction.
            for (let i = 0; i < 1_000; i++) offline.add("alice", "bob", "<more/>", room, room);
          } catch {
            // Whoever takes no notice must not commit either.
          }
        }), { code: "database-unavailable" });
      // Before the loss it was known; what was seen in the transaction may not be true.
      assert.throws(() => accounts.exists("alice"), { code: "database-unavailable" });
      // Each at once: with a deadline for each this would take half an hour.
      for (let i = 0; i < 200; i++) {
        assert.throws(() => offline.count(), { code: "database-unavailable" });
        assert.throws(() => storage.transaction(() => {}), { code: "database-unavailable" });
      }
      await startMariadb("killed");
      await eventually(() => assert.equal(offline.count("alice"), 0));
      assert.ok(accounts.exists("alice"));
      storage.transaction(() => offline.add("alice", "bob", "<whole/>", room, room));
      assert.equal(offline.count("alice"), 1);
    } finally {
      storage.close();
    }
  },
});

Deno.test({
  name: "a connection that is cut between statements of a transaction fails all of it",
  ignore,
  async fn() {
    const mariadb = (await startMariadb())!;
    const storage = openStorage(await mariadb.createDatabase());
    const id = storage.database.prepare((q) =>
      q.selectFrom("account").select((e) => e.fn<number>("connection_id").as("id")).limit(1)
    );
    try {
      storage.transaction(() => storage.accounts.create("alice", NO_KEYS, 1));
      const before = id.get()!.id;
      let fresh: number | undefined;
      assert.throws(() =>
        storage.transaction(() => {
          storage.accounts.create("bob", NO_KEYS, 1);
          const args = ["--execute", `KILL ${before}`];
          new Deno.Command("mariadb", { args: [...mariadb.administration, ...args] }).outputSync();
          // The Worker has another connection soon; this transaction must not go on there.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
          try {
            fresh = id.get()!.id;
          } catch {
            // Expected.
          }
          storage.accounts.create("carol", NO_KEYS, 1);
        }), { code: "database-unavailable" });
      assert.equal(fresh, undefined);
      await eventually(() => assert.notEqual(id.get()!.id, before));
      assert.equal(storage.accounts.count(), 1);
      assert.deepEqual(["alice", "bob", "carol"].map((name) => storage.accounts.exists(name)), [
        true,
        false,
        false,
      ]);
    } finally {
      storage.close();
    }
  },
});

Deno.test({
  name: "a database that hangs costs one deadline, then errors at once until it answers",
  ignore,
  async fn() {
    const mariadb = (await startMariadb("hanging"))!;
    const storage = openStorage(`${await mariadb.createDatabase()}?deadline=0.3`);
    try {
      Deno.kill(mariadb.pid, "SIGSTOP");
      assert.throws(() => storage.accounts.count(), { code: "database-unavailable" });
      // Each at once: with a deadline for each this would take half an hour.
      for (let i = 0; i < 200; i++) {
        assert.throws(() => storage.accounts.count(), { code: "database-unavailable" });
      }
      Deno.kill(mariadb.pid, "SIGCONT");
      await eventually(() => assert.equal(storage.accounts.count(), 0));
    } finally {
      Deno.kill(mariadb.pid, "SIGCONT");
      storage.close();
    }
  },
});

Deno.test({
  name: "a wrong password and a database that is not there are said plainly",
  ignore,
  fn: async () => {
    const url = new URL(await (await startMariadb())!.createDatabase());
    const wrong = new URL(url);
    wrong.password = "wrong";
    assert.throws(() => openStorage(wrong.href), {
      code: "database-unavailable",
      message: /^Access denied for user "simppd"/,
    });
    const absent = new URL(url);
    absent.pathname = `${absent.pathname}x`;
    assert.throws(() => openStorage(absent.href), {
      code: "database-unavailable",
      message: /^There is no database /,
    });
  },
});

Deno.test({
  name: "one server a database: `database-in-use`, and free again when that one has gone",
  ignore,
  async fn() {
    const url = await (await startMariadb())!.createDatabase();
    const first = openStorage(url);
    try {
      assert.throws(() => openStorage(url), { code: "database-in-use" });
      assert.equal(first.accounts.count(), 0);
    } finally {
      first.close();
    }
    openStorage(url).close();
  },
});

Deno.test({
  name: "after another server used the database, the one that lost it keeps out",
  ignore,
  async fn() {
    const mariadb = (await startMariadb())!;
    const url = await mariadb.createDatabase();
    const first = openStorage(url);
    try {
      const table = `${new URL(url).pathname.slice(1)}.simppd_schema`;
      await mariadb.run(`UPDATE ${table} SET owner = 'another'`);
      const [connection] = (await mariadb.run(
        `SELECT id FROM information_schema.processlist WHERE db = '${table.split(".")[0]}'`,
      )).split("\n");
      await mariadb.run(`KILL ${connection}`);
      await eventually(() =>
        assert.throws(
          () => first.accounts.count(),
          (error: SimppdError) => String(error.cause).includes("another server"),
        )
      );
    } finally {
      first.close();
    }
  },
});

Deno.test({
  name: "TLS: the certificate must be of the authority and the name that were given",
  ignore,
  async fn() {
    const mariadb = (await startMariadb())!;
    const url = new URL(await mariadb.createDatabase());
    url.hostname = "localhost";
    url.searchParams.set("ca", mariadb.caFile);
    const storage = openStorage(url.href);
    try {
      const cipher = storage.database.prepare((q) =>
        q.selectFrom(sql<{ name: string; value: string }>`(
          SELECT variable_name AS name, variable_value AS value
          FROM information_schema.session_status)`.as("status"))
          .select("value").where("name", "=", "SSL_CIPHER")
      );
      assert.match(cipher.get()!.value, /^TLS_/);
    } finally {
      storage.close();
    }
    url.searchParams.delete("ca");
    url.searchParams.set("tls", "on");
    const refusing = (why: RegExp) => (error: SimppdError) =>
      error.code === "database-unavailable" && why.test(String(error.cause));
    assert.throws(() => openStorage(url.href), refusing(/verify the first certificate/));
    const other = (await startMariadb("misnamed", "db.example"))!;
    url.port = String(other.port);
    url.searchParams.set("ca", other.caFile);
    assert.throws(() => openStorage(url.href), refusing(/does not match certificate/));
  },
});

Deno.test({
  name: "errors and the log name neither user, password nor what was to be stored",
  ignore,
  async fn() {
    const lines: string[] = [];
    configureSync({
      sinks: { test: (record) => lines.push(record.message.join(" ")) },
      loggers: [
        { category: ["simppd"], sinks: ["test"] },
        { category: ["logtape"], sinks: [] },
      ],
    });
    try {
      const url = new URL(await (await startMariadb())!.createDatabase());
      const storage = openStorage(url.href);
      const insert = storage.database.prepare((q, name: string, created: number) =>
        q.insertInto("account").values({ name, created })
      );
      const said: unknown[] = [];
      const failing = (work: () => unknown) => {
        try {
          work();
          assert.fail("it worked");
        } catch (error) {
          said.push(error, (error as Error).cause, (error as SimppdError).publicMessage);
        }
      };
      insert.run("hidden-name", 1);
      failing(() => insert.run("hidden-name", 1));
      failing(() => insert.run("hidden-name".repeat(100), 1));
      storage.close();
      url.password = "wrong-word";
      failing(() => openStorage(url.href));
      url.port = "1";
      failing(() => openStorage(url.href));
      const text = [...said, ...lines].map(String).join("\n");
      assert.doesNotMatch(text, /hidden-name|wrong-word|p@ss|p%40ss/);
      assert.match(text, /cannot be used/);
    } finally {
      resetSync();
    }
  },
});
