import assert from "node:assert/strict";
import { settled, TestGroup } from "./testing_group.ts";

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
