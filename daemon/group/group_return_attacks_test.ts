import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import { decodeGroup, encodeGroup, type GroupState } from "./group_state.ts";
import { device } from "./testing_key_server.ts";
import { keyServerRecords, restoreKeyServer } from "./key_server_backup.ts";
import { settled, TestGroup, type TestPerson } from "./testing_group.ts";
import type { Role } from "./specification.ts";

/** A group with these people in it. */
async function groupOf(...names: string[]): Promise<{ stage: TestGroup; people: TestPerson[] }> {
  const stage = new TestGroup();
  await stage.anna.join();
  const people = names.map((name) => stage.person(`${name}@example.org`));
  for (const person of people) await person.join();
  return { stage, people };
}

/** A key server gone bad goes on with another state than what it was told. */
async function goneBad(stage: TestGroup, edit: (state: GroupState) => GroupState): Promise<void> {
  const { group } = stage.specification;
  const stored = stage.store.group(group)!;
  const { secret } = stage.store.signingKey(systemRandom);
  const { state, graph } = decodeGroup(stored.content, systemRandom);
  await stage.replaceServer((store) => {
    store.setSigningKey(secret);
    store.putGroup({ ...stored, content: encodeGroup(edit(state), graph) });
  });
}
const sentences = (person: TestPerson) =>
  person.events.flatMap((event) => event.type === "incident" ? [event.sentence] : []);
const state = (stage: TestGroup) => stage.server.group(stage.specification.group)!.state;

Deno.test("who was expelled is let in again by the access list, and every member is told", async () => {
  const { stage, people: [bob, carol] } = await groupOf("bob", "carol");
  await stage.anna.group.expel(carol!.self.jid);
  await settled();
  await assert.rejects(carol!.group.join(), { code: "expelled" });
  const epoch = bob!.group.epoch!.number;
  await goneBad(stage, (before) => ({ ...before, banned: new Map() }));
  await carol!.join();
  const told = new RegExp(`let carol@example.org in again .* expelled in epoch ${epoch}`);
  for (const person of [stage.anna, bob!]) assert.match(sentences(person).join(), told);
  // And again, for nobody with the right to it has let her in since.
  await carol!.group.leave();
  bob!.crash();
  const before = sentences(bob!).length;
  await carol!.join();
  assert.match(sentences(bob!).slice(before).join(), told);
  await stage.close();
});

Deno.test("an admission of before the expulsion lets nobody in unseen; one of after it does", async () => {
  const { stage, people: [bob, carol] } = await groupOf("bob", "carol");
  const { anna } = stage;
  await anna.group.admit(carol!.self.jid);
  await settled();
  const old = state(stage).persons.get(carol!.self.jid)!;
  assert.ok(old.admission !== null);
  await anna.group.expel(carol!.self.jid);
  await settled();
  await goneBad(stage, (before) => ({
    ...before,
    banned: new Map(),
    persons: new Map(before.persons).set(carol!.self.jid, old),
  }));
  await carol!.join();
  assert.match(sentences(bob!).join(), /let carol@example.org in again/);
  await anna.group.expel(carol!.self.jid);
  await settled();
  await anna.group.admit(carol!.self.jid);
  const before = sentences(bob!).length;
  await carol!.join();
  assert.deepEqual(sentences(bob!).slice(before), []);
  const last = bob!.events.findLast(({ type }) => type === "epoch");
  const sentence = last?.type === "epoch" ? last.sentence : "";
  assert.match(sentence, /carol@example.org, expelled in epoch \d+, joined/);
  await stage.close();
});

Deno.test("a key server put back to before an expulsion does not undo it unseen", async () => {
  const { stage, people: [bob, carol] } = await groupOf("bob", "carol");
  const records = [...keyServerRecords(stage.store, {}, systemRandom)];
  await stage.anna.group.expel(carol!.self.jid);
  await settled();
  await stage.replaceServer(async (store) => {
    await restoreKeyServer(store, ReadableStream.from(records), systemRandom);
  });
  await stage.clock.pass(5_000);
  assert.equal(bob!.group.phase, "in");
  // She is in the backup's list of members, and nobody is to believe that she was never expelled.
  assert.equal(bob!.group.epoch!.members.length, 3);
  assert.match(
    sentences(bob!).join(),
    /carol@example.org, who was expelled .* is in the group again/,
  );
  await stage.anna.group.expel(carol!.self.jid);
  await settled();
  assert.equal(bob!.group.epoch!.members.length, 2);
  await stage.close();
});

Deno.test("a ban holds whoever the specification names; an owner's name ends it, and that is said", async () => {
  const { stage, people: [bob, carol] } = await groupOf("bob", "carol");
  const { anna } = stage;
  await anna.group.expel(carol!.self.jid);
  await settled();
  const { specification } = anna.group;
  const named = { kind: "jid", jid: carol!.self.jid } as const;
  await anna.group.respecify({ ...specification, access: [...specification.access, named] });
  await settled();
  await assert.rejects(carol!.group.join(), { code: "expelled" });
  const { owners } = specification;
  const owner = { jid: carol!.self.jid, fingerprint: fingerprintOf(carol!.self.accountKey) };
  await anna.group.respecify({ ...anna.group.specification, owners: [...owners, owner] });
  await settled();
  await carol!.join();
  const last = bob!.events.findLast(({ type }) => type === "epoch");
  const sentence = last?.type === "epoch" ? last.sentence : "";
  assert.match(sentence, /carol@example.org, expelled in epoch \d+, joined as owner/);
  assert.deepEqual(bob!.incidents(), []);
  await stage.close();
});

Deno.test("a key server that takes a member out as one who left is found out", async () => {
  const { stage, people: [bob, carol] } = await groupOf("bob", "carol");
  // It makes the device's request up, and has nothing that the device signed.
  const leave = (person: TestPerson) =>
    stage.server.group(stage.specification.group)!.request(person.self, {
      kind: "leave",
      request: "11".repeat(16),
      group: stage.specification.group,
      action: new Uint8Array(),
    });
  await leave(carol!);
  await settled();
  assert.match(sentences(bob!).join(), /That carol@example.org left, the key server alone says/);
  assert.equal(carol!.group.phase, "removed");
  assert.match(sentences(carol!).join(), /taken out of the group by its key server/);
  // Who leaves signs it, and nobody wonders.
  const before = sentences(bob!).length;
  const dora = stage.person("dora@example.org");
  await dora.join();
  await dora.group.leave();
  await settled();
  assert.deepEqual([sentences(bob!).slice(before), dora.group.phase], [[], "out"]);
  await stage.close();
});

Deno.test("what somebody signed when they left takes them out no second time", async () => {
  const { stage, people: [bob, carol] } = await groupOf("bob", "carol");
  let signed: Uint8Array<ArrayBuffer> | undefined;
  stage.fate = (what) => {
    if (what[0] === 3) signed = what.slice(37);
    return "deliver";
  };
  await carol!.group.leave();
  await settled();
  assert.ok(signed !== undefined && signed.length > 100);
  assert.deepEqual(bob!.incidents(), []);
  await carol!.join();
  await stage.server.group(stage.specification.group)!.request(carol!.self, {
    kind: "leave",
    request: "12".repeat(16),
    group: stage.specification.group,
    action: signed,
  });
  await settled();
  assert.match(sentences(bob!).join(), /That carol@example.org left, the key server alone says/);
  assert.equal(carol!.group.phase, "removed");
  await stage.close();
});

Deno.test("an act that was used up, forgotten, or never seen here is used no second time", async () => {
  const { stage, people: [bob, carol] } = await groupOf("bob", "carol");
  const { anna } = stage;
  // Other devices of hers, which are owner's devices too, act until the first one's act is forgotten.
  const acts: Uint8Array<ArrayBuffer>[] = [];
  stage.fate = (what) => {
    if (what[0] === 5) acts.push(what.slice(37));
    return "deliver";
  };
  await anna.group.setRole(carol!.self.jid, "listener");
  await settled();
  for (let at = 0; at < 65; at++) {
    // A key server takes 60 acts of a person a minute.
    if (at === 40) await stage.crashServer();
    const other = stage.person(anna.self.jid, device(anna.self.jid, anna.self.accountKey));
    await other.join();
    await other.group.setRole(carol!.self.jid, at % 2 === 0 ? "member" : "listener");
    await settled();
    await other.group.leave();
    await settled();
    other.close();
    stage.persons.delete(other.id);
  }
  assert.equal(
    carol!.group.epoch!.members.find(({ jid }) => jid === carol!.self.jid)?.role,
    "member",
  );
  const late = stage.person("late@example.org");
  await late.join();
  const before = [bob!, late].map((person) => sentences(person).length);
  // The key server forgets that it took the first act, and takes it anew.
  await goneBad(stage, (state) => ({ ...state, actions: new Map() }));
  await stage.server.group(stage.specification.group)!.request(anna.self, {
    kind: "act",
    request: "13".repeat(16),
    group: stage.specification.group,
    action: acts[0]!,
  });
  await settled();
  for (const [at, person] of [bob!, late].entries()) {
    assert.match(
      sentences(person).slice(before[at]).join(),
      /made carol@example.org listener on its own/,
    );
  }
  await stage.close();
});

Deno.test("an admission that gave a role gives it no second time", async () => {
  const { stage, people: [bob, carol] } = await groupOf("bob", "carol");
  const { anna } = stage;
  let admission: Uint8Array<ArrayBuffer> | undefined;
  stage.fate = (what) => {
    if (what[0] === 5) admission ??= what.slice(37);
    return "deliver";
  };
  await anna.group.admit(carol!.self.jid, "admin");
  await settled();
  assert.deepEqual(bob!.incidents(), []);
  await anna.group.setRole(carol!.self.jid, "member");
  await settled();
  await goneBad(stage, (state) => ({ ...state, actions: new Map() }));
  await stage.server.group(stage.specification.group)!.request(anna.self, {
    kind: "act",
    request: "14".repeat(16),
    group: stage.specification.group,
    action: admission!,
  });
  await settled();
  assert.match(sentences(bob!).join(), /made carol@example.org admin on its own/);
  await stage.close();
});

Deno.test("a new rule of who may write counts from the very epoch that brings it", async () => {
  const { stage, people: [bob, carol] } = await groupOf("bob", "carol");
  const { anna } = stage;
  const epoch = bob!.group.epoch!.number;
  const send = (role: Role) => anna.group.respecify({ ...anna.group.specification, send: role });
  // Nobody can ask the key server for the text: the act that brings the rule brings it.
  stage.fate = (what, to) => what[0] === 24 && to !== anna.id ? "lose" : "deliver";
  await send("admin");
  await settled();
  assert.equal(bob!.group.epoch!.number, epoch + 1);
  assert.throws(() => bob!.say("x"), { code: "may-not-send" });
  assert.equal(bob!.group.specification.send, "admin");
  // Who was away gets key and rule together, or neither.
  const lost = stage.fate;
  stage.fate = (what, to) => to === carol!.id && what[0] === 32 ? "lose" : lost(what, to);
  await send("member");
  await settled();
  bob!.say("may again");
  assert.deepEqual(anna.texts(), ["may again"]);
  assert.deepEqual(carol!.texts(), []);
  await stage.clock.pass(20_000);
  assert.equal(carol!.group.epoch!.number, epoch + 1);
  stage.fate = () => "deliver";
  await stage.clock.pass(130_000);
  assert.equal(carol!.group.epoch!.number, epoch + 2);
  assert.equal(carol!.group.specification.send, "member");
  bob!.say("now too");
  assert.deepEqual(carol!.texts().at(-1), "now too");
  assert.deepEqual(carol!.refused.filter((cause) => cause === "may-not-send"), []);
  await stage.close();
});

Deno.test("an act of an epoch that never was, or of before an expulsion, is refused", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  const { anna } = stage;
  const held: (() => void)[] = [];
  const { deliver } = stage;
  await anna.group.setRole(bob!.self.jid, "admin");
  await settled();
  // Bob signs that dora may come; who runs the network holds it back until she was expelled.
  const dora = stage.person("dora@example.org");
  await dora.join();
  stage.deliver = (what, to, arrive) => {
    if (what[0] === 5 && held.length === 0) held.push(arrive);
    else deliver.call(stage, what, to, arrive);
  };
  const refused = assert.rejects(bob!.group.admit(dora.self.jid), { code: "old-action" });
  await anna.group.expel(dora.self.jid);
  await settled();
  held[0]!();
  await refused;
  await bob!.group.admit(dora.self.jid);
  await dora.join();
  assert.deepEqual(anna.incidents(), []);
  await stage.close();
});
