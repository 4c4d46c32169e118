import assert from "node:assert/strict";
import { until } from "../testing.ts";
import { Archive } from "./archive.ts";
import type { Database } from "./database.ts";
import { onDatabases } from "./testing.ts";
import { Storage } from "./storage.ts";

const ROOM = { messages: 200, bytes: 1 << 20 };
const ALL = { owner: "anna@a", resource: "", after: 0, before: Number.MAX_SAFE_INTEGER };

Deno.test("who writes much pushes only its own messages out of an archive", () =>
  onDatabases(async (database) => {
    const storage = new Storage(await database.create(), ROOM);
    try {
      const { archive } = storage;
      archive.familiar = (_, peer) => peer !== "eve@a";
      const add = (peer: string, stanza = "<message/>") =>
        archive.add({ id: archive.nextId(1), owner: "anna@a", peer, resource: "", stanza });
      const kept = (peer: string) => archive.count({ ...ALL, peer });
      for (let i = 0; i < 50; i++) add("friend@a");
      for (let i = 0; i < 1_000; i++) add("eve@a");
      assert.equal(kept("friend@a"), 50);
      assert.ok(kept("eve@a") <= 150);
      for (let i = 0; i < 1_000; i++) add("loud@a");
      assert.equal(kept("friend@a"), 50);
      assert.ok(kept("eve@a") <= 50);
      for (let i = 0; i < 100; i++) add("loud@a", "x".repeat(100_000));
      assert.equal(kept("friend@a"), 50, "bytes count too");
    } finally {
      storage.close();
    }
  }));

Deno.test("what cannot be stored is not tried again at once, bounded, and stored later", async () => {
  const storage = new Storage(":memory:", ROOM);
  let tries = 0;
  let broken = true;
  const database = new Proxy(storage.database, {
    get(target, name) {
      if (name === "transaction") {
        return (work: () => unknown) => {
          tries++;
          if (broken) throw new Error("no room");
          return target.transaction(work);
        };
      }
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  }) as Database;
  const archive = new Archive(database, { messages: 1e6, bytes: 1e12 });
  try {
    const stanza = "x".repeat(10_000);
    for (let i = 0; i < 8_000; i++) {
      archive.add({ id: archive.nextId(1), owner: "anna@a", peer: "b@a", resource: "", stanza });
      assert.equal(i >= 1_000 && archive.tryToSettle(), false);
    }
    assert.throws(() => archive.count({ ...ALL, peer: "" }), /no room/);
    assert.ok(tries < 100, `${tries}`);
    broken = false;
    await until(() => archive.tryToSettle());
    const { messages, bytes } = archive.totals();
    assert.ok(messages > 1_000 && bytes <= 1.25 * (32 << 20), `${messages} ${bytes}`);
  } finally {
    archive.close();
    storage.close();
  }
});
