import assert from "node:assert/strict";
import { onDatabases, openStorage } from "../storage/testing.ts";
import { StoredMessages } from "./stored_messages.ts";

const ROOM = "room@rooms.test.simppd";

Deno.test("recent() reads no more of long messages than it needs", () =>
  onDatabases(async (database) => {
    const storage = openStorage(await database.create());
    try {
      const { archive } = storage;
      const ids = [...Array(50).keys()].map((i) => {
        const id = archive.nextId(Date.now());
        const stanza = `<message from="${ROOM}/x"><body>${i} ${"x".repeat(1_000)}</body></message>`;
        archive.add({ id, owner: ROOM, peer: ROOM, resource: "x", stanza });
        return String(id);
      });
      const stored = new StoredMessages(archive);
      const tiny = stored.recent(ROOM, 100, 0, 10);
      assert.deepEqual(tiny.messages, []);
      assert.ok(tiny.read > 10 && tiny.read < 2_000, "one message");
      const some = stored.recent(ROOM, 20, 0, Infinity);
      assert.deepEqual(some.messages.map(({ id }) => id), ids.slice(-20));
      const all = stored.recent(ROOM, 100, 0, Infinity);
      assert.deepEqual(all.messages.map(({ id }) => id), ids);
    } finally {
      storage.close();
    }
  }));
