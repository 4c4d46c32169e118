import assert from "node:assert/strict";
import { OpenError } from "../crypto/mod.ts";
import { el, type Element, LIMITS_AFTER_AUTH, parseElement, serialise } from "../xmpp/core/mod.ts";
import { SimppError } from "./errors.ts";
import { flipBit, MemoryDirectory, person, sealed, type TestPerson } from "./testing.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const body = (text: string) => el("body", { xmlns: "jabber:client" }, text);

async function couple(
  policyA?: Parameters<typeof person>[2],
  policyB?: Parameters<typeof person>[2],
) {
  const directory = new MemoryDirectory();
  const alice = await person(ALICE, directory, policyA);
  const bob = await person(BOB, directory, policyB);
  return { directory, alice, bob, [Symbol.dispose]: () => (alice.close(), bob.close()) };
}

async function send(from: TestPerson, to: TestPerson, text: string): Promise<Element> {
  return await sealed(from, to.jid, body(text));
}

async function read(at: TestPerson, from: TestPerson, element: Element): Promise<string | null> {
  const received = await at.simpp.open(from.jid, element);
  return received === null ? null : received.envelope.content[0]!.getText();
}

function refused(code: string) {
  return (error: unknown) => error instanceof SimppError && error.code === code;
}

for (const suite of ["simpp-pq", "simpp-modern", "simpp-2009"] as const) {
  Deno.test(`${suite}: the first message opens, the answer proves one side, the next the other`, async () => {
    using both = await couple([suite], [suite]);
    const { alice, bob } = both;
    assert.equal(await read(bob, alice, await send(alice, bob, "one")), "one");
    assert.deepEqual(bob.events, [{ type: "answer", jid: ALICE, device: alice.simpp.device }]);
    assert.equal(alice.simpp.sessions(BOB)[0]!.mutual, false);
    assert.equal(await read(alice, bob, await send(bob, alice, "two")), "two");
    assert.deepEqual(alice.simpp.sessions(BOB), [{
      device: bob.simpp.device,
      suite,
      mutual: true,
    }]);
    assert.equal(bob.simpp.sessions(ALICE)[0]!.mutual, false);
    assert.equal(await read(bob, alice, await send(alice, bob, "three")), "three");
    assert.equal(bob.simpp.sessions(ALICE)[0]!.mutual, true);
    for (let n = 0; n < 20; n++) {
      assert.equal(await read(alice, bob, await send(bob, alice, `b${n}`)), `b${n}`);
      assert.equal(await read(bob, alice, await send(alice, bob, `a${n}`)), `a${n}`);
    }
  });
}

Deno.test("the strongest suite both allow is taken; none in common is an error", async () => {
  using mixed = await couple(["simpp-modern", "simpp-pq"], ["simpp-modern"]);
  assert.equal((await mixed.alice.simpp.seal(BOB, [body("x")])).suite, "simpp-modern");
  using none = await couple(["simpp-pq"], ["simpp-modern"]);
  await assert.rejects(none.alice.simpp.seal(BOB, [body("x")]), refused("no-common-suite"));
});

Deno.test("open() drops an honest duplicate in silence", async () => {
  using both = await couple();
  const element = await send(both.alice, both.bob, "once");
  assert.equal(await read(both.bob, both.alice, element), "once");
  assert.equal(await read(both.bob, both.alice, element), null);
});

Deno.test("several messages before the answer arrive in any order", async () => {
  using both = await couple();
  const { alice, bob } = both;
  const texts = ["1", "2", "3", "4"];
  const elements = [];
  for (const text of texts) elements.push(await send(alice, bob, text));
  for (const at of [2, 0, 3, 1]) assert.equal(await read(bob, alice, elements[at]!), texts[at]);
});

Deno.test("both opening at once settles to one session on both sides", async () => {
  using both = await couple();
  const { alice, bob } = both;
  const [a, b] = [await send(alice, bob, "a"), await send(bob, alice, "b")];
  assert.equal(await read(alice, bob, b), "b");
  assert.equal(await read(bob, alice, a), "a");
  for (let n = 0; n < 3; n++) {
    assert.equal(await read(bob, alice, await send(alice, bob, `a${n}`)), `a${n}`);
    assert.equal(await read(alice, bob, await send(bob, alice, `b${n}`)), `b${n}`);
  }
  assert.equal(alice.simpp.sessions(BOB)[0]!.mutual, true);
  assert.equal(bob.simpp.sessions(ALICE)[0]!.mutual, true);
});

Deno.test("open() refuses every flipped bit of an opening and changes nothing", async () => {
  using both = await couple(["simpp-modern"], ["simpp-modern"]);
  const { alice, bob } = both;
  const element = await send(alice, bob, "hello");
  const length = Uint8Array.fromBase64(element.getChild("for")!.getText()).length;
  for (let bit = 0; bit < length * 8; bit += 5) {
    const forged = parseElement(serialise(element), LIMITS_AFTER_AUTH);
    flipBit(forged, bob.simpp.device, bit);
    await assert.rejects(
      bob.simpp.open(ALICE, forged),
      (error) => error instanceof OpenError || error instanceof SimppError,
    );
  }
  // An opening that names a prekey nobody has may be an honest one that came too late.
  assert.deepEqual(bob.events.filter(({ type }) => type !== "lost"), []);
  assert.equal(bob.simpp.trust.get(ALICE), undefined);
  assert.equal(await read(bob, alice, element), "hello");
});

Deno.test("a message relayed by somebody else, or read by another account, does not open", async () => {
  using both = await couple();
  const { alice, bob, directory } = both;
  const mallory = await person("mallory@example.test", directory);
  const element = await send(alice, bob, "for bob from alice");
  await assert.rejects(bob.simpp.open("mallory@example.test", element), refused("bad-handshake"));
  assert.equal(await mallory.simpp.open(ALICE, element), null);
  mallory.close();
});

Deno.test("another account key stops sending until the person decides", async () => {
  using both = await couple();
  const { alice, bob, directory } = both;
  await read(bob, alice, await send(alice, bob, "first"));
  alice.simpp.trust.verify(BOB, alice.simpp.trust.safety(BOB).number);
  const impostor = await person(BOB, directory);
  await impostor.simpp.linking.startAnew();
  await alice.simpp.refresh(BOB);
  assert.deepEqual(alice.events.filter(({ type }) => type === "changed"), [{
    type: "changed",
    jid: BOB,
  }]);
  await assert.rejects(alice.simpp.seal(BOB, [body("secret")]), refused("keys-changed"));
  await assert.rejects(
    alice.simpp.open(BOB, await sealed(impostor, ALICE, body("it is me"))),
    refused("keys-changed"),
  );
  alice.simpp.trust.decide(BOB, true);
  assert.equal(alice.simpp.trust.describe(BOB)!.state, "first-use");
  assert.equal(
    await read(impostor, alice, await send(alice, impostor, "hello again")),
    "hello again",
  );
  impostor.close();
});

Deno.test("a forged device list is refused and changes nothing", async () => {
  using both = await couple();
  const { alice, directory } = both;
  await alice.simpp.seal(BOB, [body("x")]);
  const forged = directory.devices.get(BOB)!.slice();
  forged[40]! ^= 1;
  directory.devices.set(BOB, forged);
  await assert.rejects(alice.simpp.refresh(BOB), refused("bad-device-list"));
  assert.equal(alice.simpp.trust.describe(BOB)!.state, "first-use");
});

Deno.test("a swapped, forged, old or expired bundle opens nothing", async () => {
  let time = Date.now();
  const directory = new MemoryDirectory();
  const alice = await person(ALICE, directory, undefined, () => time);
  const bob = await person(BOB, directory, undefined, () => time);
  const mallory = await person("mallory@example.test", directory, undefined, () => time);
  const place = `${BOB}/${bob.simpp.device}`;
  const old = directory.bundles.get(place)!;
  directory.bundles.set(place, directory.bundles.get(`${mallory.jid}/${mallory.simpp.device}`)!);
  await assert.rejects(alice.simpp.seal(BOB, [body("x")]), refused("bad-bundle"));
  await bob.simpp.publish();
  await alice.simpp.seal(BOB, [body("x")]);
  alice.simpp.trust.get(BOB);
  directory.bundles.set(place, old);
  const again = await person("again@example.test", directory, undefined, () => time);
  await again.simpp.seal(BOB, [body("x")]);
  time += 60 * 86_400_000;
  await assert.rejects(
    (await person("late@example.test", directory, undefined, () => time)).simpp.seal(BOB, [
      body("x"),
    ]),
    refused("bundle-expired"),
  );
  for (const one of [alice, bob, mallory, again]) one.close();
});

Deno.test("verify() takes only the number in use, in both directions the same", async () => {
  using both = await couple();
  const { alice, bob } = both;
  await read(bob, alice, await send(alice, bob, "x"));
  const { number } = alice.simpp.trust.safety(BOB);
  assert.match(number, /^\d{60}$/);
  assert.equal(bob.simpp.trust.safety(ALICE).number, number);
  assert.throws(() => alice.simpp.trust.verify(BOB, "1".repeat(60)), refused("not-trusted"));
  alice.simpp.trust.verify(BOB, number.replace(/(.{5})/g, "$1 "));
  assert.equal(alice.simpp.trust.describe(BOB)!.state, "verified");
});

Deno.test("an invitation's fingerprint is the only account key taken at first use", async () => {
  using both = await couple();
  both.alice.simpp.trust.expect(BOB, "00".repeat(32));
  await assert.rejects(both.alice.simpp.seal(BOB, [body("x")]), refused("not-trusted"));
});

Deno.test("seal() refuses what is too large", async () => {
  using both = await couple();
  await assert.rejects(
    both.alice.simpp.seal(BOB, [body("x".repeat(200_000))]),
    refused("too-large"),
  );
});

Deno.test("a one-time prekey serves one session and is gone", async () => {
  using both = await couple();
  const { alice, bob, directory } = both;
  assert.equal(directory.oneTime.size, 40);
  await read(bob, alice, await send(alice, bob, "x"));
  assert.equal([...directory.oneTime.keys()].filter((key) => key.startsWith(BOB)).length, 19);
  await bob.simpp.publish();
  assert.equal([...directory.oneTime.keys()].filter((key) => key.startsWith(BOB)).length, 20);
});

Deno.test("without one-time prekeys the signed ones open the session", async () => {
  using both = await couple();
  both.directory.oneTime.clear();
  assert.equal(await read(both.bob, both.alice, await send(both.alice, both.bob, "x")), "x");
});

Deno.test("a one-time prekey of another device, or another id, is refused", async () => {
  using both = await couple();
  const { alice, bob, directory } = both;
  const keys = [...directory.oneTime.keys()].filter((key) => key.startsWith(BOB));
  const foreign = [...directory.oneTime].find(([key]) => key.startsWith(ALICE))![1];
  for (const key of keys) directory.oneTime.set(key, foreign);
  await assert.rejects(send(alice, bob, "x"), refused("bad-bundle"));
});

Deno.test("an opening whose one-time prekey is spent says so, and a renewed session heals it", async () => {
  using both = await couple();
  const { alice, bob, directory } = both;
  const kept = new Map(directory.oneTime);
  const carol = await person("carol@example.test", directory);
  const [only] = [...kept].filter(([key]) => key.startsWith(BOB));
  for (const key of [...directory.oneTime.keys()]) {
    if (key.startsWith(BOB)) directory.oneTime.set(key, only![1]);
  }
  // Both use the one prekey that still matches its id, at the same time.
  const use = async (who: TestPerson) => {
    for (;;) {
      try {
        return await send(who, bob, `from ${who.jid}`);
      } catch { /* another id was drawn */ }
    }
  };
  const [a, c] = [await use(alice), await use(carol)];
  assert.equal(await read(bob, alice, a), `from ${ALICE}`);
  await assert.rejects(bob.simpp.open(carol.jid, c), refused("prekey-gone"));
  assert.deepEqual(bob.events.at(-1), { type: "lost", jid: carol.jid, device: carol.simpp.device });
  const { parts } = await bob.simpp.seal(carol.jid, [body("again?")], { renew: true });
  assert.equal(await read(carol, bob, parts[0]!.element), "again?");
  assert.ok(carol.events.some(({ type }) => type === "renewed"));
  carol.close();
});

Deno.test("a contact who lost the session is answered with a new one", async () => {
  using both = await couple();
  const { alice, bob, directory } = both;
  for (let n = 0; n < 2; n++) {
    await read(bob, alice, await send(alice, bob, "a"));
    await read(alice, bob, await send(bob, alice, "b"));
  }
  // Bob's device comes back from a state that has forgotten the sessions.
  bob.forgetSessions();
  await assert.rejects(bob.simpp.open(ALICE, await send(alice, bob, "lost")), OpenError);
  assert.equal(bob.events.at(-1)!.type, "lost");
  const { parts } = await bob.simpp.seal(ALICE, [body("hello")], { renew: true });
  assert.equal(await read(alice, bob, parts[0]!.element), "hello");
  assert.equal(alice.events.at(-2)!.type, "renewed");
  assert.equal(await read(bob, alice, await send(alice, bob, "healed")), "healed");
  assert.equal(directory.devices.size, 2);
});

Deno.test("simpp-2009 needs both policies to name it; the message then travels", async () => {
  using both = await couple();
  const { alice, bob } = both;
  alice.simpp.policy.set(BOB, ["simpp-2009"]);
  await assert.rejects(send(alice, bob, "x"), refused("no-common-suite"));
  bob.simpp.policy.set(ALICE, ["simpp-2009"]);
  await bob.simpp.publish();
  const { suite, parts } = await alice.simpp.seal(BOB, [body("1847")]);
  assert.equal(suite, "simpp-2009");
  assert.equal(await read(bob, alice, parts[0]!.element), "1847");
});

Deno.test("a responder refuses a suite its policy does not allow for this contact", async () => {
  using both = await couple();
  const { alice, bob } = both;
  alice.simpp.policy.set(BOB, ["simpp-2009"]);
  bob.simpp.policy.set("carol@example.test", ["simpp-2009"]);
  await bob.simpp.publish();
  const element = await send(alice, bob, "x");
  await assert.rejects(bob.simpp.open(ALICE, element), refused("no-common-suite"));
  assert.deepEqual(bob.simpp.sessions(ALICE), []);
});

Deno.test("a suite that is not allowed any more is not sent on any more", async () => {
  using both = await couple();
  const { alice, bob } = both;
  assert.equal((await alice.simpp.seal(BOB, [body("1")])).suite, "simpp-pq");
  alice.simpp.policy.set(BOB, ["simpp-modern"]);
  const { suite, parts } = await alice.simpp.seal(BOB, [body("2")]);
  assert.equal(suite, "simpp-modern");
  assert.equal(await read(bob, alice, parts[0]!.element), "2");
  assert.equal((await bob.simpp.seal(ALICE, [body("3")])).suite, "simpp-modern");
});

Deno.test("policy: nothing allowed is an error", async () => {
  using both = await couple();
  assert.throws(() => both.alice.simpp.policy.set(null, []), refused("bad-policy"));
  assert.throws(() => both.alice.simpp.policy.set(BOB, []), refused("bad-policy"));
  both.alice.simpp.policy.set(BOB, null);
});

Deno.test("policy: a contact's own goes before everybody's, and can be taken back", async () => {
  using both = await couple();
  const { policy } = both.alice.simpp;
  assert.deepEqual(policy.everybody, ["simpp-pq", "simpp-modern"]);
  assert.equal(policy.isOwn(BOB), false);
  policy.set(BOB, ["simpp-2009", "simpp-pq"]);
  assert.equal(policy.isOwn(BOB), true);
  assert.deepEqual(policy.for(BOB), ["simpp-pq", "simpp-2009"]);
  policy.set(null, ["simpp-modern"]);
  assert.deepEqual(policy.union, ["simpp-pq", "simpp-modern", "simpp-2009"]);
  assert.deepEqual(policy.for("carol@example.test"), ["simpp-modern"]);
  policy.set(BOB, null);
  assert.deepEqual(policy.union, ["simpp-modern"]);
});

Deno.test("without blind trust only verified contacts are written to; everybody is heard", async () => {
  using both = await couple();
  const { alice, bob } = both;
  await read(bob, alice, await send(alice, bob, "x"));
  bob.simpp.policy.blindTrust = false;
  await assert.rejects(send(bob, alice, "x"), refused("not-verified"));
  assert.equal(await read(bob, alice, await send(alice, bob, "heard")), "heard");
  bob.simpp.trust.verify(ALICE, bob.simpp.trust.safety(ALICE).number);
  assert.equal(await read(alice, bob, await send(bob, alice, "verified")), "verified");
});
