import assert from "node:assert/strict";
import { utf8 } from "../base/mod.ts";
import { OpenError, suite, SUITE_IDS, systemRandom } from "../crypto/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import { signDeviceList } from "./device_list.ts";
import { SimppError } from "./errors.ts";
import { certifyKey } from "./identity.ts";
import { initiate, openPacket, readPacket, sealPacket, type Self } from "./session.ts";
import { MemoryDirectory, person, sealed } from "./testing.ts";
import { type BareDevice, bareDevice, hear } from "./testing_handshake.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const MALLORY = "mallory@example.test";
const text = utf8("content");

function refused(code: string) {
  return (error: unknown) => error instanceof SimppError && error.code === code;
}

/** A packet that opens a session with `to`, as `self` would make it. */
async function openingOf(self: Self, to: BareDevice, chosen = suite("simpp-modern")) {
  const session = await initiate(chosen, self, to.self, to.bundle, to.oneTime, systemRandom);
  return sealPacket(session, self, text, systemRandom);
}

for (const id of SUITE_IDS) {
  const chosen = suite(id);

  Deno.test(`${id}: who has all of Bob's keys cannot be Alice to Bob`, async () => {
    const alice = await bareDevice(ALICE, chosen);
    const bob = await bareDevice(BOB, chosen);
    const mallory = await bareDevice(MALLORY, chosen);
    // Every secret of Bob's, and everything of Alice's that is public, his own hand for hers.
    for (const { device, certified } of [bob.self, mallory.self]) {
      const forged: Self = {
        ...alice.self,
        device: { secret: device.secret, public: alice.self.device.public },
        certified,
      };
      const { packet } = await openingOf(forged, bob, chosen);
      await assert.rejects(hear(bob, ALICE, packet), refused("bad-handshake"));
    }
    const { packet } = await openingOf(alice.self, bob, chosen);
    assert.deepEqual((await hear(bob, ALICE, packet)).content, text);
  });

  Deno.test(`${id}: who has Bob's prekeys and Alice's keys cannot be Bob to Alice`, async () => {
    const alice = await bareDevice(ALICE, chosen);
    const bob = await bareDevice(BOB, chosen);
    const mallory = await bareDevice(MALLORY, chosen);
    const first = await openingOf(alice.self, bob, chosen);
    const { session } = await hear(bob, ALICE, first.packet);
    for (const { device, certified } of [alice.self, mallory.self]) {
      const forged: Self = {
        ...bob.self,
        device: { secret: device.secret, public: bob.self.device.public },
        certified,
      };
      const { message } = readPacket(sealPacket(session, forged, text, systemRandom).packet);
      assert.throws(
        () => openPacket(first.session, alice.self, message, systemRandom),
        refused("bad-handshake"),
      );
    }
    const { message } = readPacket(sealPacket(session, bob.self, text, systemRandom).packet);
    const proved = openPacket(first.session, alice.self, message, systemRandom);
    assert.equal(proved.session.phase, "mutual");
  });
}

Deno.test("simpp-2009: a certificate of another device, suite or key certifies nothing", async () => {
  const chosen = suite("simpp-2009");
  const alice = await bareDevice(ALICE, chosen);
  const bob = await bareDevice(BOB, chosen);
  const mallory = await bareDevice(MALLORY, chosen);
  const own = alice.self.certified.get("simpp-2009")!;
  const theirs = certifyKey(chosen, mallory.self.device, systemRandom);
  const forSomethingElse = certifyKey(
    { ...chosen, id: "simpp-modern" },
    alice.self.device,
    systemRandom,
  );
  for (const forged of [theirs, { ...theirs, certificate: own.certificate }, forSomethingElse]) {
    const self: Self = { ...alice.self, certified: new Map([["simpp-2009", forged]]) };
    const { packet } = await openingOf(self, bob, chosen);
    await assert.rejects(hear(bob, ALICE, packet), refused("bad-handshake"));
  }
});

Deno.test("a first message without proof, or with the proof of another session, is refused", async () => {
  const chosen = suite("simpp-modern");
  const alice = await bareDevice(ALICE, chosen);
  const bob = await bareDevice(BOB, chosen);
  const session = await initiate(
    chosen,
    alice.self,
    bob.self,
    bob.bundle,
    bob.oneTime,
    systemRandom,
  );

  // The ratchet of this session, the phase of one that needs no proof any more.
  const bare = sealPacket({ ...session, phase: "mutual" }, alice.self, text, systemRandom).packet;
  const { packet } = sealPacket(session, alice.self, text, systemRandom);
  const front = packet.length - readPacket(packet).message.length;
  const naked = new Uint8Array([...packet.subarray(0, front), ...readPacket(bare).message]);
  await assert.rejects(hear(bob, ALICE, naked), refused("bad-handshake"));
  const other = await initiate(chosen, alice.self, bob.self, bob.bundle, null, systemRandom);
  const swapped = { ...session.transcript, prekeys: other.transcript.prekeys };
  const wrong =
    sealPacket({ ...session, transcript: swapped }, alice.self, text, systemRandom).packet;
  await assert.rejects(hear(bob, ALICE, wrong), refused("bad-handshake"));
});

Deno.test("a device list that does not name the device, or is another account's, proves nobody", async () => {
  const chosen = suite("simpp-modern");
  const alice = await bareDevice(ALICE, chosen);
  const bob = await bareDevice(BOB, chosen);
  const mallory = await bareDevice(MALLORY, chosen);
  const without = signDeviceList(alice.account, 2, [mallory.self.device.public]);
  for (const devices of [without, mallory.self.devices]) {
    const { packet } = await openingOf({ ...alice.self, devices }, bob);
    await assert.rejects(hear(bob, ALICE, packet), refused("bad-handshake"));
  }
});

Deno.test("an answer from another account than was asked for is refused", async () => {
  const chosen = suite("simpp-modern");
  const alice = await bareDevice(ALICE, chosen);
  const bob = await bareDevice(BOB, chosen);
  const mallory = await bareDevice(MALLORY, chosen);
  const first = await openingOf(alice.self, bob);
  const { session } = await hear(bob, ALICE, first.packet);
  const devices = signDeviceList(mallory.account, 1, [bob.self.device.public]);
  const { message } = readPacket(
    sealPacket(session, { ...bob.self, devices }, text, systemRandom).packet,
  );
  assert.throws(
    () => openPacket(first.session, alice.self, message, systemRandom),
    refused("bad-handshake"),
  );
});

Deno.test("what Alice wrote to Mallory does not open at Bob, whose keys Mallory showed as his own", async () => {
  const directory = new MemoryDirectory();
  const alice = await person(ALICE, directory);
  const bob = await person(BOB, directory);
  directory.devices.set(MALLORY, directory.devices.get(BOB)!);
  for (const store of [directory.bundles, directory.oneTime]) {
    for (const [key, value] of [...store]) {
      if (key.startsWith(BOB)) store.set(key.replace(BOB, MALLORY), value);
    }
  }
  const element = await sealed(alice, MALLORY, el("body", {}, "to mallory alone"));
  await assert.rejects(bob.simpp.open(ALICE, element), refused("bad-handshake"));
  assert.deepEqual(bob.simpp.sessions(ALICE), []);
  [alice, bob].forEach((one) => one.close());
});

Deno.test("a session's packet does not open in another session between the same two", async () => {
  const chosen = suite("simpp-modern");
  const alice = await bareDevice(ALICE, chosen);
  const bob = await bareDevice(BOB, chosen);
  const [one, two] = [await openingOf(alice.self, bob), await openingOf(alice.self, bob)];
  const { session } = await hear(bob, ALICE, one.packet);
  const { message } = readPacket(two.packet);
  assert.throws(() => openPacket(session, bob.self, message, systemRandom), OpenError);
});
