import assert from "node:assert/strict";
import { join } from "node:path";
import { SimppdError, utf8 } from "../base/mod.ts";
import { OpenError, systemRandom } from "../crypto/mod.ts";
import { openDatabase } from "./database.ts";
import { Messages } from "./messages.ts";
import { MIGRATIONS } from "./schema.ts";
import { Settings } from "./settings.ts";
import { StateDirectory } from "./state_directory.ts";
import { Vault } from "./vault.ts";

const refused = (code: string) => (error: unknown) =>
  error instanceof SimppdError && error.code === code;

async function withDirectory(work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "simppd-test-" });
  try {
    await work(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("a second daemon on one state directory is refused while the first one lives", () =>
  withDirectory(async (path) => {
    const first = await StateDirectory.open(path);
    await assert.rejects(StateDirectory.open(path), refused("state-locked"));
    first.close();
    (await StateDirectory.open(path)).close();
  }));

Deno.test("what is stored is there after reopening, and sealed on disk", () =>
  withDirectory(async (path) => {
    const first = await StateDirectory.open(path);
    new Settings(first.db, first.vault).set("account", { password: "correct horse" });
    first.close();
    const again = await StateDirectory.open(path);
    assert.deepEqual(new Settings(again.db, again.vault).get("account"), {
      password: "correct horse",
    });
    again.close();
    for await (const { name } of Deno.readDir(path)) {
      const bytes = await Deno.readFile(join(path, name));
      assert.ok(!new TextDecoder("latin1").decode(bytes).includes("correct horse"), name);
      if (name === "key") assert.equal((await Deno.stat(join(path, name))).mode! & 0o777, 0o600);
    }
  }));

Deno.test("a schema of a newer simppd is refused and left as it is", () =>
  withDirectory(async (path) => {
    const state = await StateDirectory.open(path);
    state.db.exec("PRAGMA user_version = 999");
    state.close();
    await assert.rejects(StateDirectory.open(path), refused("schema-newer"));
    assert.throws(() => openDatabase(join(path, "simppd.db"), MIGRATIONS), refused("schema-newer"));
  }));

Deno.test("a damaged key file is refused and not replaced", () =>
  withDirectory(async (path) => {
    (await StateDirectory.open(path)).close();
    await Deno.writeFile(join(path, "key"), utf8("short"));
    await assert.rejects(StateDirectory.open(path), refused("key-damaged"));
    assert.equal((await Deno.readFile(join(path, "key"))).length, 5);
  }));

Deno.test("a state directory that is a file is a plain error", () =>
  withDirectory(async (path) => {
    await Deno.writeTextFile(join(path, "file"), "");
    await assert.rejects(StateDirectory.open(join(path, "file")), refused("state-unusable"));
  }));

Deno.test("a sealed value opens only in its place, whole, under its key", () => {
  const vault = new Vault(systemRandom(32), systemRandom);
  const sealed = vault.seal("table/1", utf8("value"));
  assert.deepEqual(vault.open("table/1", sealed), utf8("value"));
  assert.throws(() => vault.open("table/2", sealed), OpenError);
  assert.throws(() => new Vault(systemRandom(32), systemRandom).open("table/1", sealed), OpenError);
  for (let at = 0; at < sealed.length; at++) {
    const forged = sealed.slice();
    forged[at]! ^= 1;
    assert.throws(() => vault.open("table/1", forged), OpenError);
    assert.throws(() => vault.open("table/1", sealed.subarray(0, at)), OpenError);
  }
});

Deno.test("a message's delivery goes forward only, and it is stored once", () => {
  const db = openDatabase(":memory:", MIGRATIONS);
  const messages = new Messages(db, new Vault(systemRandom(32), systemRandom));
  const message = {
    id: "1",
    contact: "bob@example.test",
    mine: true,
    at: 1,
    kind: "chat" as const,
    body: "hello",
    link: "https://example.org/a",
    delivery: "pending" as const,
    problem: null,
    edited: false,
    suite: null,
  };
  assert.equal(messages.add(message, false), true);
  assert.equal(messages.add(message, false), false);
  assert.equal(messages.pending().length, 1);
  assert.equal(messages.setDelivery(message.contact, "1", "delivered")!.delivery, "delivered");
  assert.equal(messages.setDelivery(message.contact, "1", "sent"), undefined);
  assert.equal(messages.setDelivery(message.contact, "1", "failed"), undefined);
  assert.equal(messages.setDelivery(message.contact, "other", "sent"), undefined);
  assert.deepEqual(messages.page(message.contact, 10).map(({ body }) => body), ["hello"]);
  db.close();
});

Deno.test({
  name: "the database and its log are for nobody else to read",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withDirectory(async (path) => {
      const modes = () =>
        ["simppd.db", "simppd.db-wal", "simppd.db-shm"].map((name) =>
          (Deno.statSync(join(path, name)).mode! & 0o777).toString(8)
        );
      const state = await StateDirectory.open(path);
      new Settings(state.db, state.vault).set("x", 1);
      assert.deepEqual(modes(), ["600", "600", "600"]);
      state.close();
      Deno.chmodSync(join(path, "simppd.db"), 0o644); // as an older one left it
      const again = await StateDirectory.open(path);
      assert.deepEqual(modes(), ["600", "600", "600"]);
      again.close();
    }),
});

Deno.test("keys that an early version did not seal are not taken over", () =>
  withDirectory(async (path) => {
    const file = join(path, "simppd.db");
    const old = MIGRATIONS.slice(0, MIGRATIONS.findIndex((each) => typeof each === "function"));
    const early = openDatabase(file, old);
    early.exec(
      "INSERT INTO trust VALUES ('mallory@example.test', 'verified', x'00', 1, x'00', NULL)",
    );
    early.close();
    assert.throws(() => openDatabase(file, MIGRATIONS), refused("schema-older"));
    const empty = openDatabase(file, old);
    empty.exec("DELETE FROM trust");
    empty.close();
    openDatabase(file, MIGRATIONS).close();
    await Promise.resolve();
  }));
