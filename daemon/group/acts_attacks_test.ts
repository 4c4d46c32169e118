import assert from "node:assert/strict";
import { type Bytes, toHex } from "../base/mod.ts";
import { ed25519, systemRandom } from "../crypto/mod.ts";
import { ACTION_LABEL, type Deed, signAction } from "./action.ts";
import { takeAction } from "./deeds.ts";
import { decodeGroup, encodeGroup, type GroupState, MAX_KNOWN } from "./group_state.ts";
import { KeyGraph } from "./key_graph.ts";
import { encodeRequest } from "./requests.ts";
import { memberOf } from "./roster.ts";
import { settled, TestGroup } from "./testing_group.ts";
import { device, type TestDevice } from "./testing_key_server.ts";

let number = 2_000_000;

/** A deed as a device signs it, in the group's epoch unless another is said. */
function signed(state: GroupState, who: TestDevice, deed: Deed, epoch = state.epoch) {
  const { specification: { group }, incarnation } = state;
  const { jid, deviceKey } = who;
  return signAction(
    { group, incarnation, jid, deviceKey, number: ++number, time: 0, epoch, deed },
    (body: Bytes) => ed25519.sign(who.key.secret, ACTION_LABEL, body),
  );
}

const stateOf = (stage: TestGroup) => stage.server.group(stage.specification.group)!.state;

Deno.test("an admin's device that is not in acts for nobody, so the key server is not blamed", async () => {
  const stage = new TestGroup();
  const { anna } = stage;
  const [bob, carol] = [stage.person("bob@example.org"), stage.person("carol@example.org")];
  for (const each of [anna, bob, carol]) await each.join();
  await anna.group.setRole(carol.self.jid, "admin");
  for (
    const [jid, account] of [[carol.self.jid, carol.self], [anna.self.jid, anna.self]] as const
  ) {
    const other = device(jid, account.accountKey);
    const { encoded } = signed(stateOf(stage), other, { kind: "expel", subject: bob.self.jid });
    const request = toHex(systemRandom(16));
    const { group } = stage.specification;
    await stage.server.receive(
      other,
      encodeRequest({ kind: "act", request, group, action: encoded }),
    );
    await settled();
  }
  assert.equal(bob.group.phase, "in");
  assert.deepEqual(anna.incidents(), []);
  // In with it, the same is done, and nobody blamed.
  const second = stage.person(carol.self.jid, device(carol.self.jid, carol.self.accountKey));
  await second.join();
  await second.group.expel(bob.self.jid);
  await settled();
  assert.equal(bob.group.phase, "removed");
  assert.deepEqual(anna.incidents(), []);
  await stage.close();
});

Deno.test("devices of an admin that came, acted and left keep no other from acting", async () => {
  const stage = new TestGroup();
  const { anna } = stage;
  const [bob, carol] = [stage.person("bob@example.org"), stage.person("carol@example.org")];
  for (const each of [anna, bob, carol]) await each.join();
  await anna.group.setRole(carol.self.jid, "admin");
  await settled();
  const start = stateOf(stage);
  // As if each had been in.
  const seen = Array.from(
    { length: MAX_KNOWN },
    () => [toHex(systemRandom(32)), { number: 1, hash: systemRandom(32) }] as const,
  );
  let state: GroupState = { ...start, actions: new Map([...start.actions, ...seen]) };
  const second = device(anna.self.jid, anna.self.accountKey);
  const { jid, deviceKey, accountKey } = second;
  state = { ...state, roster: [...state.roster, memberOf(jid, deviceKey, accountKey, "owner")] };
  const old = signed(state, carol.self, { kind: "expel", subject: bob.self.jid }, state.epoch - 1);
  const done = takeAction(
    state,
    second,
    signed(state, second, {
      kind: "expel",
      subject: carol.self.jid,
    }),
  )!;
  assert.deepEqual(done.expelled, [carol.id]);
  assert.ok(takeAction(state, second, signed(state, second, { kind: "close" }))!.state.closed);
  assert.ok(done.state.actions.size <= state.roster.length, "who is out makes room");
  // Of whom nothing is remembered, what was signed before does not count.
  assert.equal(done.state.actionsSince, state.epoch);
  const back = { ...done.state, persons: state.persons, banned: state.banned };
  assert.throws(() => takeAction(back, carol.self, old), { code: "old-action" });
  const random = systemRandom;
  const group = systemRandom(16);
  const graph = KeyGraph.create({ degree: 3, shape: "tree", group, random });
  const stored = decodeGroup(encodeGroup(done.state, graph), random).state;
  assert.equal(stored.actionsSince, state.epoch);
  await stage.close();
});

Deno.test("an expulsion that waits for the key server is done before what is wanted later", async () => {
  const stage = new TestGroup();
  const { anna } = stage;
  const [bob, carol] = [stage.person("bob@example.org"), stage.person("carol@example.org")];
  for (const each of [anna, bob, carol]) await each.join();
  stage.fate = (_what, to) => to === "keys.example.org" ? "lose" : "deliver";
  const done: string[] = [];
  void anna.group.expel(carol.self.jid).then(() => done.push("expelled"));
  await stage.clock.pass(30 * 60_000);
  stage.fate = () => "deliver";
  void anna.group.admit("dave@example.net").then(() => done.push("admitted"));
  void anna.group.setRole(bob.self.jid, "admin").then(() => done.push("admin"));
  await settled();
  await stage.clock.pass(1_000);
  assert.deepEqual(done, ["expelled", "admitted", "admin"]);
  assert.equal(carol.group.phase, "removed");
  await stage.close();
});

Deno.test("who holds one act back holds back the ones after it, and loses none", async () => {
  const stage = new TestGroup();
  const { anna } = stage;
  const carol = stage.person("carol@example.org");
  for (const each of [anna, carol]) await each.join();
  let held = false;
  stage.fate = (_what, to) => {
    if (to !== "keys.example.org" || held) return "deliver";
    held = true;
    return "late";
  };
  const done: string[] = [];
  void anna.group.expel(carol.self.jid).then(() => done.push("expelled"));
  void anna.group.admit("dave@example.net").then(() => done.push("admitted"));
  await settled();
  await stage.clock.pass(60_000);
  assert.deepEqual(done, ["expelled", "admitted"]);
  await stage.deliverLate();
  assert.equal(carol.group.phase, "removed");
  await stage.close();
});

Deno.test("a group that is closed sends none of the acts that wait", async () => {
  const stage = new TestGroup();
  const { anna } = stage;
  await anna.join();
  const sent = new Set<string>();
  stage.fate = (what, to) => {
    if (to === "keys.example.org") sent.add(toHex(what));
    return "lose";
  };
  const acts = ["x@example.net", "y@example.net"].map((jid) => anna.group.admit(jid));
  const outcomes = Promise.allSettled(acts);
  anna.group.close();
  assert.equal(sent.size, 1);
  for (const { status } of await outcomes) assert.equal(status, "rejected");
  await stage.close();
});
