import assert from "node:assert/strict";
import type { Bytes } from "../base/mod.ts";
import { Arrivals } from "./arrivals.ts";
import { readData } from "./data_message.ts";
import { KEY_SERVER } from "./testing_key_server.ts";
import { settled, TestGroup, type TestPerson } from "./testing_group.ts";

/** Three in a group and in its room, who have spoken. */
async function three(): Promise<{ stage: TestGroup; bob: TestPerson; carol: TestPerson }> {
  const stage = new TestGroup({ historyDays: 30 });
  await stage.anna.join();
  const [bob, carol] = ["bob", "carol"].map((name) => stage.person(`${name}@example.org`));
  for (const person of [bob!, carol!]) await person.join();
  for (const person of stage.persons.values()) person.enter();
  return { stage, bob: bob!, carol: carol! };
}
const missing = (person: TestPerson) =>
  person.events.flatMap((event) =>
    event.type === "incident" && event.kind === "missing" ? [event.sentence] : []
  );
const wait = (stage: TestGroup) => stage.clock.pass(100_000);

Deno.test("a message that the room keeps from one member is missed, whoever speaks next", async () => {
  const { stage, bob, carol } = await three();
  bob.say("one");
  stage.fate = (what, to) => to === carol.id && what[0] === 64 ? "lose" : "deliver";
  bob.say("two");
  stage.fate = () => "deliver";
  bob.say("three");
  await wait(stage);
  assert.deepEqual(carol.texts(), ["one", "three"]);
  assert.deepEqual(missing(carol).length, 1);
  assert.match(missing(carol)[0]!, /^1 message of bob@example.org that the room had taken did not/);
  // All that bob says is kept back: whoever else writes tells.
  stage.fate = (what, to) =>
    to === carol.id && what[0] === 64 && readData(what).device === bob.self.device
      ? "lose"
      : "deliver";
  bob.say("four");
  bob.say("five");
  stage.anna.say("so it is");
  await wait(stage);
  assert.match(
    missing(carol)[1]!,
    /^2 messages of bob@example.org that anna@example.org got did not/,
  );
  assert.deepEqual([missing(stage.anna), missing(bob)], [[], []]);
  await stage.close();
});

Deno.test("what comes late, by another order or out of the archive, is not missed", async () => {
  const { stage, bob, carol } = await three();
  bob.say("one");
  let kept: Bytes | undefined;
  for (const archived of [false, true]) {
    stage.fate = (what, to) => {
      if (to !== carol.id || what[0] !== 64) return "deliver";
      kept = what;
      return "lose";
    };
    bob.say("two");
    stage.fate = () => "deliver";
    stage.anna.say("three");
    await stage.clock.pass(10_000);
    carol.hear(kept!, "room", `late ${archived}`, archived);
    await wait(stage);
    assert.deepEqual(missing(carol), []);
  }
  await stage.close();
});

Deno.test("who was away, started anew, came late, or was behind misses nothing", async () => {
  const { stage, bob, carol } = await three();
  bob.say("one");
  stage.anna.say("two");
  carol.away();
  for (let at = 0; at < 5; at++) bob.say(`meanwhile ${at}`);
  const said = stage.said.slice(-5);
  // What no archive keeps nobody misses.
  bob.type();
  carol.enter();
  // The archive gives it neither in one go nor soon.
  carol.hear(said[4]!, "room", "a4", true);
  stage.anna.say("three");
  for (const at of [1, 0, 3, 2]) {
    await stage.clock.pass(25_000);
    carol.hear(said[at]!, "room", `a${at}`, true);
  }
  bob.say("four");
  await wait(stage);
  carol.crash();
  await stage.clock.pass(3_000);
  carol.enter();
  bob.say("five");
  stage.anna.say("six");
  // Bob is killed, so that his counters have a gap, and sends what never reaches the room.
  bob.crash();
  await stage.clock.pass(3_000);
  bob.enter();
  bob.group.seal(new Uint8Array(3));
  bob.say("seven");
  stage.anna.say("eight");
  const dora = stage.person("dora@example.org");
  dora.enter();
  bob.say("nine");
  await dora.join();
  stage.anna.say("ten");
  bob.say("eleven");
  // Carol has the key of the next epoch only later.
  stage.fate = (what, to) => to === carol.id && what[0] === 32 ? "late" : "deliver";
  await stage.person("eve@example.org").join();
  bob.say("twelve");
  stage.anna.say("thirteen");
  stage.fate = () => "deliver";
  await stage.deliverLate();
  carol.say("fourteen");
  await wait(stage);
  for (const person of stage.persons.values()) assert.deepEqual(missing(person), [], person.id);
  assert.equal(carol.texts().at(-1), "thirteen");
  await stage.close();
});

Deno.test("who names messages that never were makes a line a minute, and no more is kept", () => {
  let now = 1_000_000;
  const arrivals = new Arrivals(() => now);
  const name = (at: number, device = "aa".repeat(8)) => ({
    device,
    hash: at.toString(16).padStart(32, "0"),
  });
  arrivals.came(name(0).hash, false);
  arrivals.proved(name(0), true);
  for (let at = 1; at < 200; at++) {
    arrivals.named("bb".repeat(8), [
      name(0),
      ...Array.from({ length: 15 }, (_, i) => name(at * 15 + i)),
    ]);
  }
  assert.deepEqual(arrivals.overdue(), []);
  now += 31_000;
  assert.deepEqual(arrivals.overdue().map(({ count }) => count), [64]);
  arrivals.named("bb".repeat(8), [name(0), name(9_999_999)]);
  now += 31_000;
  assert.deepEqual(arrivals.overdue(), []);
  now += 31_000;
  assert.deepEqual(arrivals.overdue().map(({ count }) => count), [1]);
  // Without anything that came here in this run nothing is missed.
  arrivals.named("bb".repeat(8), [name(8_888_888), name(8_888_889)]);
  now += 100_000;
  assert.deepEqual(arrivals.overdue(), []);
});

Deno.test("who is left out of what the room delivers is told, though the key server answers", async () => {
  const { stage, bob, carol } = await three();
  stage.fate = (_what, to) => to === carol.id ? "lose" : "deliver";
  const room = stage.fate;
  // The sealed channel goes another way than the room.
  stage.fate = (what, to) => what[0] === 32 || what[0]! >= 33 ? room(what, to) : "deliver";
  for (let turn = 0; turn < 22; turn++) {
    stage.publish(stage.said.findLast((what) => what[0] === 33 || what[0] === 32)!, KEY_SERVER);
    await stage.clock.pass(15_000);
  }
  assert.deepEqual(carol.incidents(), ["room-silent"]);
  assert.deepEqual([bob.incidents(), stage.anna.incidents()], [[], []]);
  // Who is not in the room does not wait for what is said there.
  bob.away();
  await stage.clock.pass(600_000);
  assert.deepEqual(bob.incidents(), []);
  await settled();
  await stage.close();
});
