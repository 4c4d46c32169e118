import assert from "node:assert/strict";
import { type Bytes, concat, toHex, WireWriter } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { TestGroup, type TestPerson } from "./testing_group.ts";

/** Where epoch, device and counter stand in a message. */
const [EPOCH, DEVICE, COUNTER] = [21, 25, 33];

/** A message that says of itself what another does, or else, with nothing true behind it. */
function decoyOf(payload: Bytes, { epoch, counter }: { epoch?: number; counter?: number }): Bytes {
  const decoy = concat(payload.slice(0, 49), systemRandom(300));
  if (epoch !== undefined) decoy.set(new WireWriter().u32(epoch).finish(), EPOCH);
  if (counter !== undefined) decoy.set(new WireWriter().u64(counter).finish(), COUNTER);
  return decoy;
}

/** Anna, Bob and Carol have spoken; then the room keeps what Bob says from Carol alone. */
async function withheld() {
  const stage = new TestGroup({ historyDays: 30 });
  await stage.anna.join();
  const [bob, carol] = ["bob", "carol"].map((name) => stage.person(`${name}@example.org`));
  for (const person of [bob!, carol!]) await person.join();
  for (const person of stage.persons.values()) person.enter();
  stage.anna.say("one");
  bob!.say("two");
  stage.fate = (_what, to) => to === carol!.id ? "lose" : "deliver";
  const dropped = bob!.say("do not pay");
  stage.fate = () => "deliver";
  return { stage, bob: bob!, carol: carol!, dropped };
}
const missing = (person: TestPerson) =>
  person.events.flatMap((event) =>
    event.type === "incident" && event.kind === "missing" ? [event.sentence] : []
  );
const goOn = async ({ stage, bob }: { stage: TestGroup; bob: TestPerson }) => {
  stage.anna.say("go on");
  bob.say("yes");
  await stage.clock.pass(120_000);
};

Deno.test("a decoy with the device and counter of what the room withholds does not stand for it", async () => {
  for (const archived of [false, true]) {
    for (const change of [{ epoch: 1 }, {}, { epoch: 99 }]) {
      const all = await withheld();
      const { carol, dropped } = all;
      assert.notEqual(
        carol.hear(decoyOf(dropped, change), "room/bob", "d", archived).type,
        "message",
      );
      await goOn(all);
      assert.equal(missing(carol).length, 1, JSON.stringify({ archived, change }));
      assert.match(missing(carol)[0]!, /^1 message of bob@example.org/);
      assert.deepEqual(missing(all.bob), []);
      await all.stage.close();
    }
  }
});

Deno.test("a live message of an epoch before ours is no message that was sent before we joined", async () => {
  const all = await withheld();
  const { stage, carol, dropped } = all;
  await stage.clock.pass(31_000);
  const opened = carol.hear(decoyOf(dropped, { epoch: 1 }), "room/bob", "d");
  assert.equal(opened.type === "refused" && opened.cause, "too-late");
  const archived = carol.hear(decoyOf(dropped, { epoch: 1 }), "room/bob", "e", true);
  assert.equal(archived.type === "refused" && archived.cause, "before-you-joined");
  await stage.close();
});

Deno.test("who floods with messages of nobody does not push out what is missed", async () => {
  const all = await withheld();
  const { carol, dropped } = all;
  for (let at = 0; at < 4_200; at++) {
    const junk = decoyOf(dropped, { epoch: 1, counter: at });
    junk.set(systemRandom(8), DEVICE);
    carol.hear(junk, "room/x", `${at}`);
  }
  await goOn(all);
  assert.equal(missing(carol).length, 1);
  await all.stage.close();
});

Deno.test("what was said while the room had one out for a moment comes out of its archive, or is told", async () => {
  for (const gives of [false, true]) {
    const all = await withheld();
    await goOn(all);
    const { stage, bob, carol } = all;
    const before = missing(carol).length;
    bob.say("three");
    carol.away();
    const stop = stage.anna.say("stop");
    bob.type();
    carol.enter();
    if (gives) carol.hear(stop, "room/anna", "a", true);
    bob.say("four");
    stage.anna.say("five");
    await stage.clock.pass(120_000);
    const told = missing(carol).slice(before);
    assert.equal(told.length, gives ? 0 : 1);
    if (!gives) {
      assert.match(told[0]!, /^1 message of anna@.* which was not in the room for a while/);
    }
    assert.deepEqual([missing(bob), missing(stage.anna)], [[], []]);
    await stage.close();
  }
});

Deno.test("an archive that goes on giving nonsense does not keep one waiting for ever", async () => {
  const { stage, bob, carol, dropped } = await withheld();
  bob.say("go on");
  for (let turn = 0; turn < 40; turn++) {
    carol.hear(decoyOf(dropped, { counter: turn }), "room/x", `${turn}`, true);
    await stage.clock.pass(20_000);
  }
  assert.equal(missing(carol).length, 1);
  await stage.close();
});

Deno.test("what the room gives back in our own name is ours only where we sealed it", async () => {
  const { stage, bob } = await withheld();
  const own = bob.say("mine");
  const forged = decoyOf(own, { counter: 2 ** 40 });
  const cause = (payload: Bytes, archived = false) => {
    const opened = bob.hear(payload, "room/bob", toHex(systemRandom(4)), archived);
    return opened.type === "refused" ? opened.cause : opened.type;
  };
  assert.equal(cause(own), "taken");
  assert.equal(cause(forged), "forged");
  assert.equal(cause(decoyOf(own, {})), "forged", "also with a counter of ours");
  bob.crash();
  await stage.clock.pass(3_000);
  assert.deepEqual([cause(own, true), cause(forged, true)], ["taken", "forged"]);
  assert.equal(cause(decoyOf(own, { epoch: 2 ** 20 })), "taken", "of no key: says nothing");
  bob.enter();
  bob.say("again");
  stage.anna.say("heard");
  await stage.clock.pass(120_000);
  assert.deepEqual(missing(stage.anna), []);
  await stage.close();
});
