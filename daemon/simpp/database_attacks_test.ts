import assert from "node:assert/strict";

import { el } from "../xmpp/core/mod.ts";
import { MemoryDirectory, person, sealed, type TestPerson } from "./testing.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const MALLORY = "mallory@example.test";
const body = (text: string) => el("body", { xmlns: "jabber:client" }, text);

/** Who can write Alice's database, and has not the master key, has sessions with her like Bob. */
async function three() {
  const directory = new MemoryDirectory();
  const alice = await person(ALICE, directory), bob = await person(BOB, directory);
  const mallory = await person(MALLORY, directory);
  for (const other of [bob, mallory]) {
    await other.simpp.open(ALICE, await sealed(alice, other.jid, body("1")));
    await alice.simpp.open(other.jid, await sealed(other, ALICE, body("2")));
  }
  const close = () => [alice, bob, mallory].forEach((one) => one.close());
  return { directory, alice, bob, mallory, [Symbol.dispose]: close };
}
const textOf = async (to: TestPerson, from: TestPerson, text: string) => {
  const received = await to.simpp.open(from.jid, await sealed(from, to.jid, body(text)));
  return received!.envelope.content[0]!.getText();
};

Deno.test("a sealed session in another contact's row is dropped, never sent on", async () => {
  using it = await three();
  const { alice, bob, mallory } = it;
  alice.db.exec(`DELETE FROM sessions WHERE jid = '${BOB}'`);
  alice.db.prepare("UPDATE sessions SET jid = ?, device = ? WHERE jid = ?")
    .run(BOB, bob.simpp.device, MALLORY);
  assert.equal(await textOf(bob, alice, "for Bob only"), "for Bob only");
  assert.deepEqual(alice.simpp.sessions(MALLORY), []);
  assert.equal(mallory.events.some(({ type }) => type === "renewed"), false);
});

Deno.test("a pin that was edited, or another contact's, is not believed", async () => {
  using it = await three();
  const { alice } = it;
  const row = alice.db.prepare("SELECT sealed FROM trust WHERE jid = ?").get(MALLORY)!;
  alice.db.prepare("UPDATE trust SET sealed = ? WHERE jid = ?")
    .run(row.sealed as Uint8Array, BOB);
  assert.throws(() => alice.simpp.trust.get(BOB), { code: "pin-damaged" });
  await assert.rejects(alice.simpp.seal(BOB, [body("x")]), { code: "pin-damaged" });
});

Deno.test("a public half that was put beside a prekey's secret is never signed", async () => {
  using it = await three();
  const { alice } = it;
  const columns = alice.db.prepare("SELECT name FROM pragma_table_info('prekeys')").all();
  assert.deepEqual(columns.map(({ name }) => name), ["kind", "id", "created", "sealed"]);
  // Another prekey's seal in its place, or a later date, does not open either.
  alice.db.exec("UPDATE prekeys SET created = created + 1000");
  await assert.rejects(alice.simpp.publish(), { code: "open-failed" });
});

Deno.test("nothing is kept of devices that left a contact's list, and counters are a contact's own", async () => {
  using it = await three();
  const { alice, bob, mallory, directory } = it;
  const rows = (table: string, jid: string) =>
    Number(alice.db.prepare(`SELECT count(*) AS n FROM ${table} WHERE jid = ?`).get(jid)!.n);
  const phone = await person(BOB, directory);
  bob.simpp.linking.asked(phone.simpp.linking.request);
  await bob.simpp.linking.approve(phone.simpp.device);
  await alice.simpp.refresh(BOB);
  await alice.simpp.seal(BOB, [body("to both")]);
  assert.deepEqual([rows("sessions", BOB), rows("bundles", BOB)], [2, 2]);
  await bob.simpp.linking.remove(phone.simpp.device);
  await alice.simpp.refresh(BOB);
  assert.deepEqual([rows("sessions", BOB), rows("bundles", BOB)], [1, 1]);
  // Mallory lists Bob's device as one of her own: what is counted of it is hers alone.
  mallory.simpp.linking.asked(bob.simpp.linking.request);
  await mallory.simpp.linking.approve(bob.simpp.device);
  await alice.simpp.refresh(MALLORY);
  alice.simpp.forget(MALLORY);
  assert.deepEqual([rows("sessions", BOB), rows("bundles", BOB)], [1, 1]);
  assert.deepEqual([rows("sessions", MALLORY), rows("trust", MALLORY)], [0, 0]);
  phone.close();
});

Deno.test("skipped keys keep a session's row small", async () => {
  using it = await three();
  const { alice, mallory } = it;
  const size = () =>
    Number(alice.db.prepare("SELECT max(length(sealed)) AS n FROM sessions").get()!.n);
  for (let turn = 0; turn < 3; turn++) {
    for (let left = 0; left < 400; left++) await sealed(mallory, ALICE, body("x"));
    assert.equal(await textOf(alice, mallory, "read"), "read");
    assert.equal(await textOf(mallory, alice, "turn"), "turn");
  }
  assert.ok(size() < 32_000, `${size()} bytes`);
});
