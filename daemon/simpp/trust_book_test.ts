import assert from "node:assert/strict";
import { toHex } from "../base/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import { readDeviceList } from "./device_list.ts";
import { SimppError } from "./errors.ts";
import { fingerprintOf } from "./identity.ts";
import { MemoryDirectory, person, sealed } from "./testing.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const CAROL = "carol@example.test";

function refused(code: string) {
  return (error: unknown) => error instanceof SimppError && error.code === code;
}

async function three() {
  const directory = new MemoryDirectory();
  const [alice, bob, carol] = await Promise.all(
    [ALICE, BOB, CAROL].map((jid) => person(jid, directory)),
  );
  const write = async (from = alice!, to = bob!) =>
    await to.simpp.open(from.jid, await sealed(from, to.jid, el("body", {}, "x")));
  await write();
  await write(alice, carol);
  await write(bob, carol);
  const close = () => [alice, bob, carol].forEach((one) => one!.close());
  return { directory, alice: alice!, bob: bob!, carol: carol!, [Symbol.dispose]: close };
}

Deno.test("verifyQr() takes the code of the contact's own screen, and no other", async () => {
  using all = await three();
  const { alice, bob, carol } = all;
  const shown = bob.simpp.trust.safety(ALICE).qr;
  const wrong = [
    carol.simpp.trust.safety(ALICE).qr, // somebody else's screen
    alice.simpp.trust.safety(BOB).qr, // our own: the keys the other way round
    bob.simpp.trust.safety(CAROL).qr, // his for somebody else
    shown.replace("simpp", "other"),
    shown.slice(0, -4),
    `${shown}:x`.slice(0, 20),
    shown.replace(/:[^:]*$/, ":*"),
  ];
  for (const code of wrong) {
    assert.throws(() => alice.simpp.trust.verifyQr(BOB, code), refused("not-trusted"), code);
  }
  assert.throws(() => alice.simpp.trust.verifyQr("nobody@x.test", shown), refused("not-trusted"));
  alice.simpp.trust.verifyQr(BOB, shown);
  assert.equal(alice.simpp.trust.describe(BOB)!.state, "verified");
});

Deno.test("takeOver() believes a verification for the very key that is pinned", async () => {
  using all = await three();
  const { alice, bob, carol } = all;
  assert.equal(alice.simpp.trust.takeOver(BOB, carol.simpp.fingerprint), false);
  assert.equal(alice.simpp.trust.takeOver("nobody@x.test", bob.simpp.fingerprint), false);
  assert.equal(alice.simpp.trust.takeOver(BOB, bob.simpp.fingerprint), true);
  assert.equal(alice.simpp.trust.takeOver(BOB, bob.simpp.fingerprint), false, "it was already");
  assert.equal(alice.simpp.trust.describe(BOB)!.state, "verified");
});

Deno.test("after a change the person decides about the offered key, by its own number", async () => {
  using all = await three();
  const { alice, bob, carol, directory } = all;
  const { number } = alice.simpp.trust.safety(BOB);
  directory.devices.set(BOB, directory.devices.get(CAROL)!);
  await alice.simpp.refresh(BOB);
  assert.notEqual(alice.simpp.trust.safety(BOB).number, number);
  assert.throws(() => alice.simpp.trust.verify(BOB, number), refused("not-trusted"));
  const offered = alice.simpp.trust.safety(BOB).number;
  assert.throws(() => alice.simpp.trust.verify(BOB, offered), refused("not-trusted"));
  assert.throws(
    () => alice.simpp.trust.verifyQr(BOB, bob.simpp.trust.safety(ALICE).qr),
    refused("not-trusted"),
  );
  alice.simpp.trust.decide(BOB, false);
  assert.equal(alice.simpp.trust.get(BOB)!.state, "changed");
  alice.simpp.trust.decide(BOB, true);
  assert.equal(alice.simpp.trust.describe(BOB)!.fingerprint, carol.simpp.fingerprint);
});

Deno.test("expect() lets only the account key of the invitation in", async () => {
  using all = await three();
  const { alice, bob, directory } = all;
  const dave = await person("dave@example.test", directory);
  dave.simpp.trust.expect(BOB, bob.simpp.fingerprint);
  await dave.simpp.refresh(BOB);
  assert.equal(dave.simpp.trust.describe(BOB)!.fingerprint, bob.simpp.fingerprint);
  const { account } = readDeviceList(directory.devices.get(BOB)!);
  assert.equal(fingerprintOf(account), bob.simpp.fingerprint);
  assert.equal(toHex(account).length, 64);
  assert.throws(() => alice.simpp.trust.safety("nobody@x.test"), refused("no-keys"));
  dave.close();
});
