import assert from "node:assert/strict";
import type { SuiteId } from "../crypto/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import { link, MemoryDirectory, person, sealed } from "./testing.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const body = (text: string) => el("body", { xmlns: "jabber:client" }, text);

Deno.test("what goes over standing sessions alone opens none and asks for nothing", async () => {
  const directory = new MemoryDirectory();
  const alice = await person(ALICE, directory), bob = await person(BOB, directory);
  await alice.simpp.refresh(BOB);
  directory.bundles.clear();
  const receipt = [body("received")];
  const none = alice.simpp.seal(BOB, receipt, { standing: true });
  await assert.rejects(none, { code: "no-keys" });
  const fresh = await person(BOB, directory);
  await assert.rejects(alice.simpp.seal(fresh.jid, receipt, { standing: true }), {
    code: "no-keys",
  });
  await bob.simpp.publish();
  await alice.simpp.publish();
  await alice.simpp.open(BOB, await sealed(bob, ALICE, body("1")));
  const { parts } = await alice.simpp.seal(BOB, receipt, { standing: true });
  assert.equal((await bob.simpp.open(ALICE, parts[0]!.element))!.from, ALICE);
  [alice, bob, fresh].forEach((one) => one.close());
});

Deno.test("new sessions with one contact are bounded a minute, and go on after it", async () => {
  const directory = new MemoryDirectory();
  let now = Date.now();
  const alice = await person(ALICE, directory, ["simpp-modern"], () => now);
  const bob = await person(BOB, directory, ["simpp-modern"], () => now);
  const renew = () => alice.simpp.seal(BOB, [body("x")], { renew: true });
  let opened = 0;
  await assert.rejects(
    async () => {
      for (; opened < 200; opened++) await renew();
    },
    { code: "too-many-sessions" },
  );
  assert.ok(opened >= 64 && opened < 128, String(opened));
  await sealed(alice, BOB, body("the standing one serves"));
  now += 60_001;
  await renew();
  [alice, bob].forEach((one) => one.close());
});

Deno.test("a copy for one's own devices is sealed no weaker than the contact's policy", async () => {
  const directory = new MemoryDirectory();
  const weak: SuiteId[] = ["simpp-pq", "simpp-2009"];
  const laptop = await person(ALICE, directory, weak), phone = await person(ALICE, directory, weak);
  const bob = await person(BOB, directory, weak);
  await link(laptop, phone);
  for (const { simpp } of [laptop, phone]) simpp.policy.set(null, ["simpp-2009"]);
  laptop.simpp.policy.set(BOB, ["simpp-pq"]);
  for (const { simpp } of [laptop, phone]) await simpp.publish();
  const strict = await laptop.simpp.seal(BOB, [body("pq only")], { copy: true });
  assert.deepEqual([strict.suite, strict.parts.map(({ to }) => to)], ["simpp-pq", [BOB]]);
  // A stronger one than the contact's is welcome.
  for (const { simpp } of [laptop, phone]) simpp.policy.set(null, ["simpp-pq"]);
  laptop.simpp.policy.set(BOB, ["simpp-2009"]);
  for (const { simpp } of [laptop, phone]) await simpp.publish();
  const { suite, parts } = await laptop.simpp.seal(BOB, [body("2009")], { copy: true });
  const copy = await phone.simpp.open(ALICE, parts[1]!.element);
  assert.deepEqual([suite, copy!.suite], ["simpp-2009", "simpp-pq"]);
  [laptop, phone, bob].forEach((one) => one.close());
});

Deno.test("a session whose suite is not allowed any more is not heard, and renewed", async () => {
  const directory = new MemoryDirectory();
  const both: SuiteId[] = ["simpp-2009"];
  const alice = await person(ALICE, directory, both), bob = await person(BOB, directory, both);
  await bob.simpp.open(ALICE, await sealed(alice, BOB, body("1")));
  await alice.simpp.open(BOB, await sealed(bob, ALICE, body("2")));
  alice.simpp.policy.set(null, ["simpp-pq"]);
  bob.simpp.policy.set(null, ["simpp-pq", "simpp-2009"]);
  for (const { simpp } of [alice, bob]) await simpp.publish();
  // Bob goes on with what stands.
  const old = await sealed(bob, ALICE, body("still in 2009"));
  await assert.rejects(alice.simpp.open(BOB, old), { code: "suite-not-allowed" });
  assert.deepEqual(alice.events.at(-1), { type: "lost", jid: BOB, device: bob.simpp.device });
  const renewal = await alice.simpp.seal(BOB, [body("renewed")], { renew: true });
  await bob.simpp.open(ALICE, renewal.parts[0]!.element);
  assert.ok(bob.events.some(({ type }) => type === "renewed"));
  const again = await alice.simpp.open(BOB, await sealed(bob, ALICE, body("sent again")));
  assert.equal(again!.suite, "simpp-pq");
  // Allowed again, what was refused would still open: it was not marked as read.
  alice.simpp.policy.set(null, ["simpp-pq", "simpp-2009"]);
  assert.equal((await alice.simpp.open(BOB, old))!.envelope.content[0]!.getText(), "still in 2009");
  [alice, bob].forEach((one) => one.close());
});
