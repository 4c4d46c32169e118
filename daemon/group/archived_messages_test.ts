import assert from "node:assert/strict";
import { concat } from "../base/mod.ts";
import { KEY_SERVER } from "./testing_key_server.ts";
import { TestGroup } from "./testing_group.ts";

/** Bob is away while the key changes twice and anna says something under each. */
async function missed() {
  const stage = new TestGroup({ historyDays: 30 });
  await stage.anna.join();
  const bob = stage.person("bob@example.org");
  await bob.join();
  bob.present = false;
  stage.fate = (_what, to) => to === bob.id || to === KEY_SERVER ? "lose" : "deliver";
  bob.group.setOnline(false);
  const say = async (name: string, count: number) => {
    stage.fate = (_what, to) => to === bob.id ? "lose" : "deliver";
    await stage.person(`${name}@example.org`).join();
    return Array.from({ length: count }, (_, at) => stage.anna.say(`${name} ${at}`));
  };
  const between = await say("carol", 1), newest = await say("dora", 80);
  bob.present = true;
  return { stage, bob, between, newest };
}

Deno.test("what the archive has of the newest epoch is read once the key server answered, however late", async () => {
  const { stage, bob, between, newest } = await missed();
  // The room is faster than the key server, which is away itself at first.
  stage.fate = (_what, to) => to === KEY_SERVER ? "lose" : "deliver";
  bob.group.setOnline(true);
  for (const [at, payload] of [...between, ...newest].entries()) {
    assert.equal(bob.hear(payload, "room/anna", `${at}`, true).type, "held");
  }
  await stage.clock.pass(1_000_000);
  assert.equal(bob.group.status.held, 81);
  assert.deepEqual(bob.texts(), []);
  stage.fate = () => "deliver";
  await stage.clock.pass(200_000);
  assert.deepEqual(bob.texts(), newest.map((_, at) => `dora ${at}`));
  // The key of an epoch that came and went meanwhile is nobody's to give.
  assert.deepEqual(bob.group.status.refused, { "no-key": 1 });
  assert.equal(bob.group.status.held, 0);
  await stage.close();
});

Deno.test("an archive full of epochs that never were is bounded, and takes no room from what is live", async () => {
  const { stage, bob, newest } = await missed();
  stage.fate = (_what, to) => to === KEY_SERVER ? "lose" : "deliver";
  bob.group.setOnline(true);
  const forged = (at: number) => {
    const payload = concat(newest[0]!);
    payload[24]! ^= 0x40; // the epoch
    payload[30]! ^= 1 + at % 255; // some device
    payload[payload.length - 1 - at % 60]! ^= 1 + at % 7;
    return payload;
  };
  for (let at = 0; at < 1_000; at++) bob.hear(forged(at), `room/${at % 20}`, `f${at}`, true);
  assert.equal(bob.group.status.held, 256);
  assert.equal(bob.hear(newest[0]!, "room/anna", "n", true).type, "held");
  assert.equal(bob.hear(newest[1]!, "room/anna", "l").type, "held");
  stage.fate = () => "deliver";
  await stage.clock.pass(200_000);
  assert.deepEqual(bob.texts(), ["dora 0", "dora 1"]);
  assert.equal(bob.group.status.held, 0);
  await stage.close();
});
