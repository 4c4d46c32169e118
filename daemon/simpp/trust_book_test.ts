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

Deno.test("verifyQr() takes the code of the contact's own screen", async () => {
  using all = await three();
  const { alice, bob } = all;
  alice.simpp.trust.verifyQr(BOB, ` ${bob.simpp.trust.safety(ALICE).qr}\n`);
  assert.equal(alice.simpp.trust.describe(BOB)!.state, "verified");
});

Deno.test("verifyQr() is not alarmed by what is no code of the other's screen", async () => {
  using all = await three();
  const { alice, bob } = all;
  const shown = bob.simpp.trust.safety(ALICE).qr;
  const none = [
    "https://example.org/",
    shown.replace("simpp", "other"),
    shown.slice(0, -4),
    `${shown}:x`,
    `${shown}:x`.slice(0, 20),
    shown.replace(/:[^:]*$/, ":*"),
  ];
  for (const code of none) {
    assert.throws(() => alice.simpp.trust.verifyQr(BOB, code), refused("no-code"), code);
  }
  const own = alice.simpp.trust.safety(BOB).qr;
  assert.throws(() => alice.simpp.trust.verifyQr(BOB, own), refused("own-code"));
  assert.throws(() => alice.simpp.trust.verifyQr("nobody@x.test", shown), refused("no-keys"));
  assert.equal(alice.simpp.trust.describe(BOB)!.state, "first-use");
});

Deno.test("verifyQr() stops sending when the code names other keys", async () => {
  using all = await three();
  const { alice, bob, carol } = all;
  const others = [carol.simpp.trust.safety(ALICE).qr, bob.simpp.trust.safety(CAROL).qr];
  for (const code of others) {
    alice.simpp.trust.verify(BOB, alice.simpp.trust.safety(BOB).number);
    assert.throws(() => alice.simpp.trust.verifyQr(BOB, code), refused("not-trusted"), code);
    const { state, differs } = alice.simpp.trust.describe(BOB)!;
    assert.deepEqual([state, differs], ["changed", true]);
    await assert.rejects(alice.simpp.seal(BOB, [el("body", {}, "x")]), refused("keys-changed"));
  }
  // Compared once more, and right after all.
  alice.simpp.trust.verifyQr(BOB, bob.simpp.trust.safety(ALICE).qr);
  assert.equal(alice.simpp.trust.describe(BOB)!.state, "verified");
  await alice.simpp.seal(BOB, [el("body", {}, "x")]);
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
  assert.throws(
    () => alice.simpp.trust.verifyQr(BOB, bob.simpp.trust.safety(ALICE).qr),
    refused("not-trusted"),
  );
  alice.simpp.trust.decide(BOB, false);
  assert.equal(alice.simpp.trust.get(BOB)!.state, "changed");
  const doubt = alice.simpp.trust.describe(BOB)!;
  assert.deepEqual([doubt.offered, doubt.differs], [carol.simpp.fingerprint, false]);
  alice.simpp.trust.decide(BOB, true);
  assert.equal(alice.simpp.trust.describe(BOB)!.fingerprint, carol.simpp.fingerprint);
  assert.equal(alice.simpp.trust.describe(BOB)!.state, "first-use");
  directory.devices.set(BOB, directory.devices.get(ALICE)!);
  await alice.simpp.refresh(BOB);
  assert.equal(alice.simpp.trust.describe(BOB)!.state, "changed");
  alice.simpp.trust.verify(BOB, alice.simpp.trust.safety(BOB).number);
  assert.equal(alice.simpp.trust.describe(BOB)!.state, "verified");
  assert.equal(alice.simpp.trust.describe(BOB)!.fingerprint, alice.simpp.fingerprint);
  assert.equal(offered.length, 60);
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
