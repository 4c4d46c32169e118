import assert from "node:assert/strict";
import { el } from "../xmpp/core/mod.ts";
import { SimppError } from "./errors.ts";
import { link, MemoryDirectory, person, sealed } from "./testing.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const body = (text: string) => el("body", { xmlns: "jabber:client" }, text);
const refused = (code: string) => (error: unknown) =>
  error instanceof SimppError && error.code === code;

/** Alice with a laptop that holds her account key and a phone that asks to be added; Bob. */
async function devices() {
  const directory = new MemoryDirectory();
  const laptop = await person(ALICE, directory);
  const phone = await person(ALICE, directory);
  const bob = await person(BOB, directory);
  const close = () => [laptop, phone, bob].forEach((one) => one.close());
  return { directory, laptop, phone, bob, [Symbol.dispose]: close };
}

Deno.test("a second device is unlinked, seals nothing and overwrites nothing", async () => {
  using all = await devices();
  assert.equal(all.laptop.simpp.linking.state, "own");
  assert.equal(all.phone.simpp.linking.state, "unlinked");
  await assert.rejects(all.phone.simpp.seal(BOB, [body("x")]), refused("not-linked"));
  await all.bob.simpp.seal(ALICE, [body("x")]);
  assert.equal(all.bob.simpp.trust.describe(ALICE)!.fingerprint, all.laptop.simpp.fingerprint);
});

Deno.test("both screens show one code; approved, the device speaks for the account", async () => {
  using all = await devices();
  const { laptop, phone, bob } = all;
  laptop.simpp.linking.asked(phone.simpp.linking.request);
  const { code } = phone.simpp.linking;
  assert.match(code, /^(\d{5} ){5}\d{5}$/);
  assert.equal(laptop.simpp.linking.requests[0]!.code, code);
  assert.equal(phone.simpp.linking.confirmation, "needed");
  await link(laptop, phone);
  assert.equal(phone.simpp.linking.state, "linked");
  assert.equal(phone.simpp.fingerprint, laptop.simpp.fingerprint);
  const received = await bob.simpp.open(ALICE, await sealed(phone, BOB, body("from my phone")));
  assert.equal(received!.envelope.content[0]!.getText(), "from my phone");
  const { parts } = await bob.simpp.seal(ALICE, [body("to both")]);
  for (const device of [laptop, phone]) {
    const got = await device.simpp.open(BOB, parts[0]!.element);
    assert.equal(got!.envelope.content[0]!.getText(), "to both");
  }
});

Deno.test("what one device sends is copied to the other, and to no one else", async () => {
  using all = await devices();
  const { laptop, phone, bob } = all;
  await link(laptop, phone);
  const { parts } = await phone.simpp.seal(BOB, [body("hello Bob")], { copy: true });
  assert.deepEqual(parts.map(({ to }) => to), [BOB, ALICE]);
  const copy = await laptop.simpp.open(ALICE, parts[1]!.element);
  assert.equal(copy!.envelope.to, BOB);
  assert.equal(copy!.envelope.content[0]!.getText(), "hello Bob");
  assert.equal(await bob.simpp.open(ALICE, parts[1]!.element), null);
});

Deno.test("a removed device is not written to, and not heard", async () => {
  using all = await devices();
  const { laptop, phone, bob } = all;
  await link(laptop, phone);
  await bob.simpp.open(ALICE, await sealed(phone, BOB, body("x")));
  await laptop.simpp.linking.remove(phone.simpp.device);
  await bob.simpp.refresh(ALICE);
  const late = await sealed(phone, BOB, body("still here?"));
  await assert.rejects(bob.simpp.open(ALICE, late), { code: "open-failed" });
  // Nor by a new session, which the old list would let in.
  const again = (await phone.simpp.seal(BOB, [body("now?")], { renew: true })).parts[0]!.element;
  await assert.rejects(bob.simpp.open(ALICE, again), refused("not-trusted"));
  const { parts } = await bob.simpp.seal(ALICE, [body("only the laptop")]);
  assert.equal(await phone.simpp.open(BOB, parts[0]!.element), null);
  await phone.simpp.refresh(ALICE);
  assert.equal(phone.simpp.linking.state, "unlinked");
  assert.equal(phone.simpp.linking.wasRemoved, true);
});

Deno.test("a removed device starts anew with an account key of its own", async () => {
  using all = await devices();
  const { laptop, phone, bob } = all;
  await link(laptop, phone);
  await bob.simpp.open(ALICE, await sealed(phone, BOB, body("x")));
  await laptop.simpp.linking.remove(phone.simpp.device);
  await phone.simpp.refresh(ALICE);
  await phone.simpp.linking.startAnew();
  await phone.simpp.publish();
  assert.equal(phone.simpp.linking.state, "own");
  assert.notEqual(phone.simpp.fingerprint, laptop.simpp.fingerprint);
  assert.deepEqual(phone.simpp.linking.devices, [{ id: phone.simpp.device, here: true }]);
  await laptop.simpp.refresh(ALICE);
  assert.equal(laptop.simpp.linking.state, "replaced");
  await bob.simpp.refresh(ALICE);
  assert.equal(bob.simpp.trust.describe(ALICE)!.offered, phone.simpp.fingerprint);
  bob.simpp.trust.decide(ALICE, true);
  const got = await bob.simpp.open(ALICE, await sealed(phone, BOB, body("anew")));
  assert.equal(got!.envelope.content[0]!.getText(), "anew");
});

Deno.test("who holds the account key starts anew with another one", async () => {
  using all = await devices();
  const { laptop, bob } = all;
  await bob.simpp.open(ALICE, await sealed(laptop, BOB, body("x")));
  const { fingerprint } = laptop.simpp;
  await laptop.simpp.linking.startAnew();
  await laptop.simpp.publish();
  assert.notEqual(laptop.simpp.fingerprint, fingerprint);
  assert.equal(laptop.simpp.linking.state, "own");
  await bob.simpp.refresh(ALICE);
  assert.equal(bob.simpp.trust.describe(ALICE)!.state, "changed");
  bob.simpp.trust.decide(ALICE, true);
  const { parts } = await bob.simpp.seal(ALICE, [body("hello again")]);
  const got = await laptop.simpp.open(BOB, parts[0]!.element);
  assert.equal(got!.envelope.content[0]!.getText(), "hello again");
});

Deno.test("only the account's device approves, and only what asked", async () => {
  using all = await devices();
  const { laptop, phone } = all;
  await link(laptop, phone);
  await assert.rejects(
    phone.simpp.linking.remove(laptop.simpp.device),
    refused("not-account-device"),
  );
  await assert.rejects(laptop.simpp.linking.approve("0123456789abcdef"), refused("no-keys"));
  laptop.simpp.linking.asked("nonsense");
  assert.deepEqual(laptop.simpp.linking.requests, []);
});

Deno.test("keys put in the place of ours are noticed, and nothing is sealed", async () => {
  using all = await devices();
  const { laptop, phone } = all;
  await phone.simpp.linking.startAnew();
  await laptop.simpp.refresh(ALICE);
  assert.equal(laptop.simpp.linking.state, "replaced");
  await assert.rejects(laptop.simpp.seal(BOB, [body("x")]), refused("not-linked"));
});
