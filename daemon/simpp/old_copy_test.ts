import assert from "node:assert/strict";
import { OpenError } from "../crypto/mod.ts";
import { el, type Element } from "../xmpp/core/mod.ts";
import { MemoryDirectory, packetFor, person, sealed, type TestPerson } from "./testing.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const body = (text: string) => el("body", { xmlns: "jabber:client" }, text);

async function read(at: TestPerson, from: string, element: Element): Promise<string | undefined> {
  const received = await at.simpp.open(from, element);
  return received?.envelope.content[0]?.getText();
}

async function talk(a: TestPerson, b: TestPerson, rounds = 2): Promise<void> {
  for (let n = 0; n < rounds; n++) {
    assert.equal(await read(b, a.jid, await sealed(a, b.jid, body("to"))), "to");
    assert.equal(await read(a, b.jid, await sealed(b, a.jid, body("fro"))), "fro");
  }
}

/** Opens a new session, as the daemon does when it hears of one that is lost. */
async function renew(from: TestPerson, to: TestPerson): Promise<void> {
  const { parts } = await from.simpp.seal(to.jid, [body("again")], { renew: true });
  assert.equal(await read(to, from.jid, parts[0]!.element), "again");
}

async function scene() {
  const directory = new MemoryDirectory();
  const alice = await person(ALICE, directory);
  const bob = await person(BOB, directory);
  await talk(alice, bob);
  return { directory, alice, bob };
}

Deno.test("an old copy that signs in seals with no key a second time, and both sides heal", async () => {
  const { directory, alice, bob } = await scene();
  const old = alice.copy();
  const last = await sealed(alice, BOB, body("the copy does not know"));
  assert.equal(await read(bob, ALICE, last), "the copy does not know");
  await alice.simpp.publish();
  const published = [...directory.bundles.keys()].filter((key) => key.startsWith(ALICE)).length;
  await old.simpp.publish();
  assert.equal(published, 1, "it is the same device");
  assert.deepEqual(old.simpp.sessions(BOB), []);
  // A session of its own, whose counter Bob does not take for a rollback.
  await talk(old, bob);
  assert.ok(bob.events.some(({ type }) => type === "renewed"));
  const both = [last, await sealed(old, BOB, body("more"))].map((element) =>
    packetFor(element, bob.simpp.device)
  );
  assert.notDeepEqual(both[0]!.subarray(0, 17), both[1]!.subarray(0, 17), "another session");
  [alice, old, bob].forEach((one) => one.close());
});

Deno.test("an old copy is written to with fresh one-time prekeys, and with no id of before", async () => {
  const { directory, alice, bob } = await scene();
  const ids = () =>
    [...directory.oneTime.keys()].filter((key) => key.startsWith(ALICE)).map((key) =>
      Number(key.split("/")[2])
    );
  const old = alice.copy();
  await alice.simpp.publish();
  const before = ids();
  await old.simpp.publish();
  const fresh = ids().filter((id) => !before.includes(id));
  assert.equal(fresh.length, 20);
  assert.ok(Math.min(...fresh) > Math.max(...before));
  bob.forgetSessions();
  await talk(bob, old);
  [alice, old, bob].forEach((one) => one.close());
});

Deno.test("what an old copy seals before it signs in is refused, and a new session heals it", async () => {
  const { alice, bob } = await scene();
  const old = alice.copy();
  await read(bob, ALICE, await sealed(alice, BOB, body("spent")));
  const before = bob.events.length;
  const again = await sealed(old, BOB, body("under the same key"));
  await assert.rejects(bob.simpp.open(ALICE, again), OpenError);
  assert.deepEqual(bob.events.slice(before).map(({ type }) => type), ["lost"]);
  await renew(bob, old);
  await talk(old, bob);
  [alice, old, bob].forEach((one) => one.close());
});

Deno.test("what is sealed for a newer state does not open at the copy, which says so and heals", async () => {
  const { alice, bob } = await scene();
  const old = alice.copy();
  await talk(alice, bob);
  const element = await sealed(bob, ALICE, body("for the newer state"));
  await assert.rejects(old.simpp.open(BOB, element), OpenError);
  assert.deepEqual(old.events.map(({ type }) => type), ["lost"]);
  await renew(old, bob);
  await talk(bob, old);
  [alice, old, bob].forEach((one) => one.close());
});

Deno.test("a live device beside its copy: each takes the other's place, none reuses a key", async () => {
  const { alice, bob } = await scene();
  const old = alice.copy();
  const seen = new Set<string>();
  for (const turn of [alice, old, alice, old]) {
    await turn.simpp.publish();
    const { parts } = await turn.simpp.seal(BOB, [body("me")], { renew: turn === alice });
    const packet = packetFor(parts[0]!.element, bob.simpp.device).toHex();
    assert.ok(!seen.has(packet.slice(0, 200)));
    seen.add(packet.slice(0, 200));
    assert.equal(await read(bob, ALICE, parts[0]!.element), "me");
    await talk(bob, turn, 1);
  }
  [alice, old, bob].forEach((one) => one.close());
});
