import assert from "node:assert/strict";
import { concat } from "../base/mod.ts";
import { OpenError, SUITE_IDS, type SuiteId } from "../crypto/mod.ts";
import { el, type Element } from "../xmpp/core/mod.ts";
import { SimppError } from "./errors.ts";
import { readPacket } from "./session.ts";
import {
  MemoryDirectory,
  packetFor,
  person,
  sealed,
  type TestPerson,
  withPacket,
} from "./testing.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const body = (text: string) => el("body", { xmlns: "jabber:client" }, text);

async function couple(suites?: readonly SuiteId[]) {
  const directory = new MemoryDirectory();
  const alice = await person(ALICE, directory, suites);
  const bob = await person(BOB, directory, suites);
  const close = () => [alice, bob].forEach((one) => one.close());
  return { directory, alice, bob, [Symbol.dispose]: close };
}

async function read(at: TestPerson, from: TestPerson, element: Element): Promise<string | null> {
  const received = await at.simpp.open(from.jid, element);
  return received === null ? null : received.envelope.content[0]!.getText();
}

const send = (from: TestPerson, to: TestPerson, text: string) => sealed(from, to.jid, body(text));

/** What an error of a refused packet may be. */
function isRefusal(error: unknown): boolean {
  return error instanceof OpenError || error instanceof SimppError;
}

/** The flows a session goes through, and the packet to attack in each. */
const FLOWS: Record<string, (a: TestPerson, b: TestPerson) => Promise<[TestPerson, TestPerson]>> = {
  "an opening": (a, b) => Promise.resolve([a, b]),
  "an answer": async (a, b) => {
    await read(b, a, await send(a, b, "1"));
    return [b, a];
  },
  "a later message": async (a, b) => {
    await read(b, a, await send(a, b, "1"));
    await read(a, b, await send(b, a, "2"));
    return [a, b];
  },
};

for (const suite of SUITE_IDS) {
  for (const [name, reach] of Object.entries(FLOWS)) {
    Deno.test(`${suite}: ${name} with any bit flipped is refused and changes nothing`, async () => {
      using both = await couple([suite]);
      const [from, to] = await reach(both.alice, both.bob);
      const element = await send(from, to, "hello");
      const packet = packetFor(element, to.simpp.device);
      const state = JSON.stringify([to.simpp.sessions(from.jid), to.simpp.trust.get(from.jid)]);
      const step = suite === "simpp-2009" ? 211 : 37;
      for (let bit = 0; bit < packet.length * 8; bit += step) {
        const forged = packet.slice();
        forged[bit >> 3]! ^= 1 << (bit & 7);
        await assert.rejects(
          to.simpp.open(from.jid, withPacket(element, to.simpp.device, forged)),
          isRefusal,
          `bit ${bit}`,
        );
      }
      const after = JSON.stringify([to.simpp.sessions(from.jid), to.simpp.trust.get(from.jid)]);
      assert.equal(after, state);
      assert.equal(await read(to, from, element), "hello");
    });
  }
}

Deno.test("a packet cut at any byte, or with bytes behind it, is refused and changes nothing", async () => {
  using both = await couple(["simpp-modern"]);
  const { alice, bob } = both;
  for (const _flow of ["opening", "message"]) {
    const element = await send(alice, bob, "hello");
    const packet = packetFor(element, bob.simpp.device);
    for (let length = 0; length < packet.length; length++) {
      const cut = withPacket(element, bob.simpp.device, packet.subarray(0, length));
      await assert.rejects(bob.simpp.open(ALICE, cut), isRefusal, `${length} bytes`);
    }
    const longer = withPacket(element, bob.simpp.device, concat(packet, Uint8Array.of(0)));
    await assert.rejects(bob.simpp.open(ALICE, longer), isRefusal);
    assert.equal(await read(bob, alice, element), "hello");
    await read(alice, bob, await send(bob, alice, "answer"));
  }
});

Deno.test("an opening taken off a packet makes nobody believe that the proof arrived", async () => {
  using both = await couple();
  const { alice, bob } = both;
  await read(bob, alice, await send(alice, bob, "1"));
  // Bob's answer is held back; Alice's second message still has opening and proof.
  const answer = await send(bob, alice, "answer");
  const element = await send(alice, bob, "2");
  const packet = packetFor(element, bob.simpp.device);
  const { message } = readPacket(packet);
  const bobs = readPacket(packetFor(answer, alice.simpp.device));
  const stripped = concat(Uint8Array.of(2), bobs.session, message);
  assert.equal(await read(bob, alice, withPacket(element, bob.simpp.device, stripped)), "2");
  assert.equal(bob.simpp.sessions(ALICE)[0]!.mutual, false);
  assert.ok(!bob.events.some(({ type }) => type === "mutual"));
  // Bob goes on proving himself, so that Alice can believe him even if the first answer is lost.
  assert.equal(await read(alice, bob, await send(bob, alice, "proof again")), "proof again");
  assert.equal(alice.simpp.sessions(BOB)[0]!.mutual, true);
});

Deno.test("every packet of a talk, played again in any order, opens nothing", async () => {
  using both = await couple();
  const { alice, bob } = both;
  const sent: { to: TestPerson; from: TestPerson; element: Element }[] = [];
  for (let n = 0; n < 6; n++) {
    const [from, to] = n % 3 === 2 ? [bob, alice] : [alice, bob];
    const element = await send(from, to, `${n}`);
    sent.push({ from, to, element });
    assert.equal(await read(to, from, element), `${n}`);
  }
  for (const { from, to, element } of [...sent, ...sent.toReversed()]) {
    assert.equal(await read(to, from, element), null);
  }
  // Nor when the mark of the packet was got around by taking its opening off.
  const { from, to, element } = sent[0]!;
  const { message } = readPacket(packetFor(element, to.simpp.device));
  const { session } = readPacket(packetFor(sent[5]!.element, alice.simpp.device));
  const other = concat(Uint8Array.of(2), session, message);
  await assert.rejects(
    to.simpp.open(from.jid, withPacket(element, to.simpp.device, other)),
    OpenError,
  );
});

Deno.test("an opening of a session that was dropped opens nothing, and is told, so that it heals", async () => {
  using both = await couple();
  const { alice, bob } = both;
  const [one, two] = [await send(alice, bob, "1"), await send(alice, bob, "2")];
  assert.equal(await read(bob, alice, one), "1");
  bob.forgetSessions();
  await assert.rejects(bob.simpp.open(ALICE, two), OpenError);
  assert.equal(bob.events.at(-1)!.type, "lost");
  const { parts } = await bob.simpp.seal(ALICE, [body("again")], { renew: true });
  assert.equal(await read(alice, bob, parts[0]!.element), "again");
  assert.equal(await read(bob, alice, await send(alice, bob, "2")), "2");
});

Deno.test("who opened what cannot be read is called back to a session at once, whatever the names", async () => {
  for (let n = 0; n < 8; n++) {
    using both = await couple(["simpp-modern"]);
    const { alice, bob, directory } = both;
    // The prekeys that Alice fetched are gone when her opening arrives.
    const element = await send(alice, bob, "1");
    await read(bob, alice, element);
    bob.forgetSessions();
    await assert.rejects(bob.simpp.open(ALICE, await send(alice, bob, "2")), OpenError);
    const { parts } = await bob.simpp.seal(ALICE, [body("again")], { renew: true });
    await read(alice, bob, parts[0]!.element);
    assert.equal(await read(bob, alice, await send(alice, bob, "healed")), "healed");
    assert.equal(directory.devices.size, 2);
  }
});

Deno.test("an element with a bad sender, a device twice or an oversized packet is refused", async () => {
  using both = await couple();
  const { alice, bob } = both;
  const refused = (error: unknown) => error instanceof SimppError && error.code === "bad-envelope";
  const made = async (change: (element: Element) => void) => {
    const element = await send(alice, bob, "x");
    change(element);
    await assert.rejects(bob.simpp.open(ALICE, element), refused);
  };
  await made((element) => element.attrs.sid = "nobody");
  await made((element) => element.children.push(element.children[0]!));
  await made((element) => element.getChild("for")!.attrs.did = "../x");
  await made((element) => element.getChild("for")!.children = ["A".repeat(300_000)]);
  await made((element) => element.getChild("for")!.children = ["not base64!"]);
  assert.equal(await read(bob, alice, await send(alice, bob, "fine")), "fine");
});
