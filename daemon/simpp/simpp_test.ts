import assert from "node:assert/strict";
import { OpenError } from "../crypto/mod.ts";
import { el, type Element, LIMITS_AFTER_AUTH, parseElement, serialise } from "../xmpp/core/mod.ts";
import { SimppError } from "./errors.ts";
import { flipBit, MemoryDirectory, person, type TestPerson } from "./testing.ts";

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
  return (await from.simpp.seal(to.jid, [body(text)])).element;
}

async function read(at: TestPerson, from: TestPerson, element: Element): Promise<string | null> {
  const received = await at.simpp.open(from.jid, element);
  return received === null ? null : received.envelope.content[0]!.getText();
}

function refused(code: string) {
  return (error: unknown) => error instanceof SimppError && error.code === code;
}

for (const suite of ["simpp-pq", "simpp-modern"] as const) {
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
  assert.deepEqual(bob.events, []);
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
  await alice.simpp.refresh(BOB);
  assert.deepEqual(alice.events.filter(({ type }) => type === "changed"), [{
    type: "changed",
    jid: BOB,
  }]);
  await assert.rejects(alice.simpp.seal(BOB, [body("secret")]), refused("keys-changed"));
  await assert.rejects(
    alice.simpp.open(BOB, (await impostor.simpp.seal(ALICE, [body("it is me")])).element),
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

Deno.test("an older device list served by the directory stops sending", async () => {
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
