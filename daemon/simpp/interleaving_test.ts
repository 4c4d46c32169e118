import assert from "node:assert/strict";
import fc from "fast-check";
import { OpenError, SUITE_IDS } from "../crypto/mod.ts";
import { el, type Element } from "../xmpp/core/mod.ts";
import { MemoryDirectory, person, sealed, type TestPerson } from "./testing.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const body = (text: string) => el("body", { xmlns: "jabber:client" }, text);

interface Sent {
  readonly from: TestPerson;
  readonly to: TestPerson;
  readonly text: string;
  readonly element: Element;
  /** Lost on the way, for ever. */
  readonly lost: boolean;
}

/** Who writes, whether it is lost, and which of the packets so far are (again) delivered. */
const step = fc.record({
  fromAlice: fc.boolean(),
  lost: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  deliver: fc.array(fc.nat(10_000), { maxLength: 3 }),
});

for (const suite of SUITE_IDS) {
  Deno.test(`${suite}: every message that arrives opens once, however they are mixed, doubled or lost`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 200, size: "max" }),
        async (steps) => {
          const directory = new MemoryDirectory();
          const alice = await person(ALICE, directory, [suite]);
          const bob = await person(BOB, directory, [suite]);
          try {
            await run(alice, bob, steps);
          } finally {
            [alice, bob].forEach((one) => one.close());
          }
        },
      ),
      { numRuns: 10, endOnFailure: true },
    );
  });
}

async function run(
  alice: TestPerson,
  bob: TestPerson,
  steps: readonly { fromAlice: boolean; lost: boolean; deliver: number[] }[],
): Promise<void> {
  const sent: Sent[] = [];
  const opened = new Set<string>();
  const deliver = async ({ from, to, text, element, lost }: Sent) => {
    if (lost) return;
    const told = to.events.length;
    try {
      const received = await to.simpp.open(from.jid, element);
      if (received === null) return assert.ok(opened.has(text), `${text} dropped in silence`);
      assert.equal(received.envelope.content[0]!.getText(), text);
      assert.ok(!opened.has(text), `${text} opened twice`);
      opened.add(text);
    } catch (error) {
      // Refused, but never in silence: the daemon opens a new session and it is sent again.
      assert.ok(error instanceof OpenError, String(error));
      assert.deepEqual(to.events.slice(told).map(({ type }) => type), ["lost"]);
      assert.fail(`${text} was refused`);
    }
  };
  for (const { fromAlice, lost, deliver: indices } of steps) {
    const [from, to] = fromAlice ? [alice, bob] : [bob, alice];
    const text = `${sent.length}`;
    sent.push({ from, to, text, lost, element: await sealed(from, to.jid, body(text)) });
    for (const index of indices) await deliver(sent[index % sent.length]!);
  }
  for (const packet of sent) await deliver(packet);
  for (const { text, lost } of sent) assert.equal(opened.has(text), !lost, text);
  // The network is quiet: after a word each way both are on one session, proved on both sides.
  for (let n = 0; n < 3; n++) {
    for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
      const element = await sealed(from, to.jid, body("quiet"));
      assert.equal((await to.simpp.open(from.jid, element))!.envelope.from, from.jid);
    }
  }
  for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
    assert.equal(from.simpp.sessions(to.jid)[0]!.mutual, true);
  }
}

Deno.test("what is too far ahead is refused and told, and a new session takes what comes after", async () => {
  const directory = new MemoryDirectory();
  const alice = await person(ALICE, directory, ["simpp-modern"]);
  const bob = await person(BOB, directory, ["simpp-modern"]);
  await bob.simpp.open(ALICE, await sealed(alice, BOB, body("1")));
  let element = await sealed(alice, BOB, body("2"));
  for (let n = 0; n < 1001; n++) element = await sealed(alice, BOB, body("far"));
  await assert.rejects(bob.simpp.open(ALICE, element), OpenError);
  assert.equal(bob.events.at(-1)!.type, "lost");
  const { parts } = await bob.simpp.seal(ALICE, [body("again")], { renew: true });
  await alice.simpp.open(BOB, parts[0]!.element);
  const healed = await bob.simpp.open(ALICE, await sealed(alice, BOB, body("healed")));
  assert.equal(healed!.envelope.content[0]!.getText(), "healed");
  [alice, bob].forEach((one) => one.close());
});
