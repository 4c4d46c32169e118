import assert from "node:assert/strict";
import { GroupError } from "./errors.ts";
import { settled, TestGroup } from "./testing_group.ts";
import { KEY_SERVER } from "./testing_key_server.ts";

Deno.test("members read what members send; who is expelled reads on no more, who is late nothing before", async () => {
  const stage = new TestGroup();
  const { anna } = stage;
  await anna.join();
  const bob = stage.person("bob@example.org");
  await bob.join();
  anna.say("to bob");
  bob.say("to anna");
  const carol = stage.person("carol@example.org");
  await carol.join();
  const early = stage.said.filter((payload) => payload[0] === 64);
  assert.deepEqual(early.map((payload) => carol.hear(payload, "x", "1", true).type), [
    "refused",
    "refused",
  ]);
  assert.deepEqual(carol.refused, ["before-you-joined", "before-you-joined"]);
  carol.say("to all");
  await anna.group.expel("bob@example.org").catch(assert.ifError);
  await settled();
  assert.equal(bob.group.phase, "removed");
  anna.say("without bob");
  assert.deepEqual(bob.texts(), ["to bob", "to all"]);
  assert.deepEqual(anna.texts(), ["to anna", "to all"]);
  assert.deepEqual(carol.texts(), ["without bob"]);
  assert.deepEqual(anna.incidents(), []);
  assert.match(JSON.stringify(carol.events), /anna@example.org expelled bob@example.org/);
  await stage.close();
});

Deno.test("a device that lost its state joins again; the others follow without asking", async () => {
  const stage = new TestGroup();
  await stage.anna.join();
  const bob = stage.person("bob@example.org");
  await bob.join();
  await stage.person("carol@example.org").join();
  bob.store.clear();
  bob.crash();
  await bob.join();
  assert.equal(stage.anna.group.phase, "in");
  assert.equal(stage.anna.group.epoch!.number, bob.group.epoch!.number);
  bob.say("again");
  assert.deepEqual(stage.anna.texts(), ["again"]);
  assert.deepEqual(stage.anna.incidents(), []);
  await stage.close();
});

Deno.test("what is stored and opened goes together: a caller's transaction around open() is one step", async () => {
  const stage = new TestGroup();
  await stage.anna.join();
  const bob = stage.person("bob@example.org");
  await bob.join();
  const payload = bob.group.seal(new TextEncoder().encode("not lost"));
  const { anna } = stage;
  assert.throws(() =>
    anna.store.transaction(() => {
      assert.equal(anna.hear(payload, "bob", "1").type, "message");
      throw new Error("the disk is full");
    })
  );
  assert.equal(anna.hear(payload, "bob", "1").type, "message", "it was not marked as opened");
  await stage.close();
});

Deno.test("a key server that has forgotten the group is told of; nobody gives up their place", async () => {
  const stage = new TestGroup();
  await stage.anna.join();
  await stage.replaceServer(() => {});
  stage.anna.group.setOnline(false);
  stage.anna.group.setOnline(true);
  await stage.clock.pass(1_000);
  await settled();
  assert.deepEqual(stage.anna.incidents(), ["forgotten"]);
  assert.equal(stage.anna.group.phase, "in");
  await stage.close();
});

Deno.test("keys renewed though nobody came: messages go on, the old key is over", async () => {
  const stage = new TestGroup();
  await stage.anna.join();
  const bob = stage.person("bob@example.org");
  await bob.join();
  bob.say("1");
  await stage.anna.group.respecify({ ...stage.specification, name: "Another name" });
  await settled();
  bob.say("2");
  assert.deepEqual(stage.anna.texts(), ["1", "2"]);
  assert.equal(bob.group.specification.name, "Another name");
  assert.equal(stage.anna.group.specification.name, "Another name");
  assert.ok(bob.events.some(({ type }) => type === "specification"));
  assert.equal(bob.group.epoch!.number, 3);
  await assert.rejects(bob.group.respecify(stage.specification), { code: "not-allowed" });
  await stage.close();
});

Deno.test("who left or was expelled reads the archive of their time, and nothing after it", async () => {
  const stage = new TestGroup({ historyDays: 30 });
  const { anna } = stage;
  await anna.join();
  const bob = stage.person("bob@example.org"), carol = stage.person("carol@example.org");
  await bob.join();
  await carol.join();
  [bob.present, carol.present] = [false, false];
  const during = anna.say("during");
  await bob.group.leave();
  await anna.group.expel("carol@example.org");
  await settled();
  const after = anna.say("after");
  [bob.present, carol.present] = [true, true];
  // Carol heard nothing of it; she asks, and is told.
  assert.equal(carol.hear(after, "anna", "2").type, "held");
  await stage.clock.pass(3_000);
  assert.deepEqual([bob.group.phase, carol.group.phase], ["out", "removed"]);
  for (const person of [bob, carol]) {
    assert.equal(person.hear(during, "anna", "1", true).type, "message");
    for (const archived of [false, true]) {
      assert.equal(person.hear(after, "anna", "2", archived).type, "refused");
    }
    assert.deepEqual(person.texts(), ["during"]);
    assert.throws(() => person.say("x"), { code: "not-in-group" });
  }
  await assert.rejects(carol.group.join(), GroupError);
  // Who left comes back as they came, and has missed what was said meanwhile.
  await bob.join();
  assert.equal(bob.hear(after, "anna", "2", true).type, "refused");
  assert.equal(bob.refused.at(-1), "no-key");
  await stage.close();
});

Deno.test("what an owner wants is asked on while the key server is away, and at once when it is heard", async () => {
  const stage = new TestGroup();
  const { anna } = stage;
  await anna.join();
  const bob = stage.person("bob@example.org");
  await bob.join();
  let asked = 0;
  stage.fate = (what, to) => {
    if (to !== KEY_SERVER || what[0] !== 5) return "deliver";
    asked++;
    return "lose";
  };
  let done = false;
  const expelled = anna.group.expel(bob.self.jid).then(() => done = true);
  await stage.clock.pass(3 * 3_600_000);
  assert.ok(!done && asked > 10 && asked < 40, `${asked} times in three hours`);
  // It says where it stands when it starts.
  stage.fate = () => "deliver";
  await stage.crashServer();
  assert.ok(done);
  await expelled;
  assert.equal(anna.group.epoch!.members.length, 1);
  await stage.close();
});

Deno.test("a join that a crash cut is taken up again, wherever it was cut", async () => {
  for (let cut = 0; cut < 6; cut++) {
    const stage = new TestGroup();
    await stage.anna.join();
    const bob = stage.person("bob@example.org");
    let passed = 0;
    stage.fate = (what) => what[0]! < 32 && passed++ >= cut ? "lose" : "deliver";
    bob.group.join().catch(() => {});
    await settled();
    bob.crash();
    stage.fate = () => "deliver";
    await bob.join();
    await stage.clock.pass(130_000);
    stage.anna.say("welcome");
    assert.deepEqual(bob.texts(), ["welcome"], `cut after ${cut}`);
    assert.equal(stage.anna.group.phase, "in");
    assert.deepEqual([...stage.anna.incidents(), ...bob.incidents()], []);
    await stage.close();
  }
});
