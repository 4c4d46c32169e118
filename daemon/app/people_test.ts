import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import type { Simpp } from "../simpp/mod.ts";
import { Contacts, Messages, MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import type { MessageView } from "../views/mod.ts";
import { People } from "./people.ts";

/** People on a database in memory; the keys of `verified` were compared. */
function people(verified: string[] = []) {
  const db = openDatabase(":memory:", MIGRATIONS);
  const messages = new Messages(db, new Vault(systemRandom(32), systemRandom));
  const dropped: string[] = [];
  const simpp = {
    trust: {
      describe: (jid: string) => {
        const state = verified.includes(jid) ? "verified" : "first-use";
        return { state, fingerprint: "", devices: [] };
      },
    },
    sessions: () => [],
    policy: { for: () => [], isOwn: () => false },
    drop: (jid: string) => dropped.push(jid),
  } as unknown as Simpp;
  const stored = new Contacts(db);
  const forgotten: string[] = [];
  const left = { at: -1 };
  const rooms = new People({
    stored,
    messages,
    simpp,
    changed: () => {},
    removed: () => {},
    dropped: (jid) => void forgotten.push(jid),
    typing: () => false,
    picture: () => null,
    refused: () => undefined,
    left: () => left.at,
  });
  const message = (contact: string, mine: boolean) =>
    messages.add(
      {
        id: `m-${contact}`,
        contact,
        mine,
        at: 0,
        kind: "chat",
        body: "hello",
        link: null,
        delivery: null,
        problem: null,
        edited: false,
        suite: null,
      } satisfies MessageView,
      false,
    );
  return {
    people: rooms,
    stored,
    messages,
    message,
    dropped,
    forgotten,
    left,
    [Symbol.dispose]: () => db.close(),
  };
}

Deno.test("strangers have bounded room: the oldest without an answer goes, friends stay", () => {
  using it = people(["verified@example.test"]);
  const { people: rooms, message } = it;
  const kept = ["written@example.test", "blocked@example.test", "verified@example.test"];
  for (const jid of kept) rooms.stranger(jid);
  message(kept[0]!, true);
  rooms.block(kept[1]!, true);
  for (let n = 0; n < 2100; n++) {
    rooms.stranger(`s${n}@evil.test`);
    message(`s${n}@evil.test`, false);
  }
  rooms.stranger("friend@example.test");
  for (const jid of [...kept, "friend@example.test", "s2099@evil.test"]) assert.ok(rooms.has(jid));
  assert.equal(rooms.has("s0@evil.test"), false);
  assert.equal(it.messages.page("s0@evil.test", 10).length, 0);
  assert.equal(it.dropped[0], "s0@evil.test");
  assert.deepEqual(it.forgotten, it.dropped, "their files, too");
  assert.ok(rooms.list().length < 210);
});

Deno.test("isStranger() until the person writes, lets them in, or asked for them", () => {
  using it = people();
  const jid = "somebody@example.test";
  const { people: rooms, stored, message } = it;
  const of = { jid, name: "S", blocked: false, plain: false } as const;
  assert.equal(rooms.isStranger(jid), true);
  for (const subscription of ["none", "asked"] as const) {
    stored.put({ ...of, subscription });
    assert.equal(rooms.isStranger(jid), true);
  }
  for (const subscription of ["to", "from", "both", "asking"] as const) {
    stored.put({ ...of, subscription });
    assert.equal(rooms.isStranger(jid), false);
  }
  stored.put({ ...of, subscription: "none", plain: true });
  assert.equal(rooms.isStranger(jid), false);
  stored.put({ ...of, subscription: "none" });
  message(jid, false);
  assert.equal(rooms.isStranger(jid), true);
  stored.put({ ...of, jid: "other@example.test", subscription: "none" });
  message("other@example.test", true);
  assert.equal(rooms.isStranger("other@example.test"), false);
  it.left.at = 1;
  assert.equal(rooms.isStranger("other@example.test"), true, "removed since");
});
