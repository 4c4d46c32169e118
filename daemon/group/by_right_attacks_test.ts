import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import { decodeGroup, encodeGroup, type GroupState, type Person } from "./group_state.ts";
import { keyServerRecords, restoreKeyServer } from "./key_server_backup.ts";
import type { Specification } from "./specification.ts";
import { settled, TestGroup, type TestPerson } from "./testing_group.ts";
import { decodeRequest, encodeRequest } from "./requests.ts";
import { device, type TestDevice } from "./testing_key_server.ts";

/** A group with these people in it. */
async function groupOf(
  rest: Partial<Specification>,
  ...names: string[]
): Promise<{ stage: TestGroup; people: TestPerson[] }> {
  const stage = new TestGroup(rest);
  await stage.anna.join();
  const people = names.map((name) => stage.person(`${name}@example.org`));
  for (const person of people) await person.join();
  return { stage, people };
}

/** What a key server gone bad has in its state about somebody. */
function asRole({ jid, accountKey: account }: TestDevice, role: Person["role"]) {
  const person: Person = { role, account, admission: null, by: "" };
  return (state: GroupState): GroupState => ({
    ...state,
    persons: new Map(state.persons).set(jid, person),
  });
}

async function goneBad(stage: TestGroup, edit: (state: GroupState) => GroupState): Promise<void> {
  const stored = stage.store.group(stage.specification.group)!;
  const { secret } = stage.store.signingKey(systemRandom);
  const { state, graph } = decodeGroup(stored.content, systemRandom);
  await stage.replaceServer((store) => {
    store.setSigningKey(secret);
    store.putGroup({ ...stored, content: encodeGroup(edit(state), graph) });
  });
}

/** Incidents that were told to somebody after so many events. */
const told = (person: TestPerson, from = 0) =>
  person.events.slice(from).flatMap((event) => event.type === "incident" ? [event.sentence] : [])
    .join("\n");

Deno.test("a key server that calls itself restored lets nobody in, and makes no owner, unnamed", async () => {
  const { stage, people: [bob] } = await groupOf({}, "bob");
  const self = device("spy@evil.example");
  const spy = stage.person(self.jid, self);
  const records = [...keyServerRecords(stage.store, {}, systemRandom)];
  stage.fate = (_what, to) => to === bob!.id || to === stage.anna.id ? "lose" : "deliver";
  await stage.replaceServer(async (store) => {
    await restoreKeyServer(store, ReadableStream.from(records), systemRandom);
    const stored = store.group(stage.specification.group)!;
    const { state, graph } = decodeGroup(stored.content, systemRandom);
    const owner = { jid: self.jid, fingerprint: fingerprintOf(self.accountKey) };
    const owners = [...state.specification.owners, owner];
    const specification = { ...state.specification, owners };
    store.putGroup({ ...stored, content: encodeGroup({ ...state, specification }, graph) });
  });
  await spy.join();
  stage.fate = () => "deliver";
  await stage.clock.pass(200_000);
  for (const person of [stage.anna, bob!]) {
    assert.equal(person.group.epoch!.members.length, 3);
    assert.match(told(person), /spy@evil.example came as owner, another specification is valid/);
    assert.match(told(person), /The group has other owners: spy@evil.example is one now/);
    const epoch = person.events.findLast(({ type }) => type === "epoch");
    assert.match(epoch?.type === "epoch" ? epoch.sentence : "", /spy@evil.example joined as owner/);
  }
  await stage.close();
});

Deno.test("a key server that was truly restored has nobody named who was in and is", async () => {
  const { stage, people: [bob] } = await groupOf({}, "bob");
  const records = [...keyServerRecords(stage.store, {}, systemRandom)];
  await stage.replaceServer(async (store) => {
    await restoreKeyServer(store, ReadableStream.from(records), systemRandom);
  });
  await stage.clock.pass(200_000);
  assert.match(told(bob!), /^The key server was restored from a backup and began anew\.[^\n]*$/);
  await stage.close();
});

Deno.test("whom the key server let in on its own is never one who may come again", async () => {
  const { stage, people: [bob] } = await groupOf({}, "bob");
  const self = device("spy@evil.example");
  const spy = stage.person(self.jid, self);
  for (const role of ["member", "member", "admin"] as const) {
    await goneBad(stage, asRole(self, role));
    // Each member starts anew, so that a sentence said before is said again.
    for (const person of [stage.anna, bob!]) person.crash();
    const at = bob!.events.length;
    await spy.join();
    assert.match(told(bob!, at), new RegExp(`let spy@evil.example in as ${role}, which nobody`));
    await spy.group.leave();
    await settled();
  }
  await stage.close();
});

Deno.test("a plain member who leaves comes back as admin with a word of alarm", async () => {
  const { stage, people: [bob, carol] } = await groupOf({}, "bob", "carol");
  await carol!.group.leave();
  await goneBad(stage, asRole(carol!.self, "admin"));
  const at = bob!.events.length;
  await carol!.join();
  assert.match(told(bob!, at), /let carol@example.org in as admin, which nobody/);
  await stage.close();
});

Deno.test("who is made admin while they are out comes as admin, and nobody is alarmed", async () => {
  const { stage, people: [bob, carol] } = await groupOf({}, "bob", "carol");
  await carol!.group.leave();
  await stage.anna.group.setRole(carol!.self.jid, "admin");
  await carol!.join();
  assert.equal(bob!.group.epoch!.members.find(({ id }) => id === carol!.id)?.role, "admin");
  await carol!.group.leave();
  await carol!.join();
  // Nor who is made one while they are in, and none again.
  for (const role of ["member", "admin", "listener"] as const) {
    await stage.anna.group.setRole(carol!.self.jid, role);
    await settled();
    await carol!.group.leave();
    await carol!.join();
    assert.equal(bob!.group.epoch!.members.find(({ id }) => id === carol!.id)?.role, role);
  }
  const late = stage.person("late@example.org");
  await late.join();
  await carol!.group.leave();
  await carol!.join();
  for (const person of [stage.anna, bob!, late]) assert.equal(told(person), "");
  await stage.close();
});

Deno.test("a stolen device that was expelled comes back beside the others with an alarm, each time", async () => {
  const { stage, people: [bob, carol] } = await groupOf({}, "bob", "carol");
  const self = device(bob!.self.jid, bob!.self.accountKey);
  const stolen = stage.person(self.jid, self);
  await stolen.join();
  await stage.anna.group.expel(stolen.id);
  await settled();
  await assert.rejects(stolen.group.join(), { code: "expelled" });
  await goneBad(stage, (state) => ({ ...state, banned: new Map() }));
  for (let round = 0; round < 2; round++) {
    carol!.crash();
    const at = carol!.events.length;
    await stolen.join();
    assert.match(told(carol!, at), /let bob@example.org in again as member; they were expelled/);
    await stolen.group.leave();
    await settled();
  }
  // An owner lets the person come again, with any device.
  await stage.anna.group.admit(self.jid);
  const at = carol!.events.length;
  await stolen.join();
  assert.equal(told(carol!, at), "");
  await stage.close();
});

Deno.test("an expelled account comes back under no other address, nor unseen by a key server's hand", async () => {
  const self = device("mallory@one.example");
  const access = [{ kind: "account", fingerprint: fingerprintOf(self.accountKey) }] as const;
  const { stage, people: [bob] } = await groupOf(
    { access: [...access, { kind: "domain", domain: "example.org" }] },
    "bob",
  );
  const mallory = stage.person(self.jid, self);
  await mallory.join();
  await stage.anna.group.expel(self.jid);
  await settled();
  const peter = stage.person("peter@two.example", device("peter@two.example", self.accountKey));
  const refused = { code: "expelled", message: /expelled from this group as mallory@one.example/ };
  await assert.rejects(peter.group.join(), refused);
  await stage.crashServer();
  await assert.rejects(peter.group.join(), refused);
  assert.equal(told(bob!), "");
  await goneBad(stage, (state) => ({ ...state, banned: new Map() }));
  await peter.join();
  assert.match(told(bob!), /let peter@two.example in again as member; they were expelled/);
  await stage.close();
});

Deno.test("to admit the address that was expelled lets its account come again", async () => {
  const self = device("mallory@one.example");
  const { stage, people: [bob] } = await groupOf({}, "bob");
  await stage.anna.group.admit(self.jid);
  const mallory = stage.person(self.jid, self);
  await mallory.join();
  await stage.anna.group.expel(self.jid);
  await settled();
  await stage.anna.group.admit(self.jid);
  for (let round = 0; round < 2; round++) {
    await mallory.join();
    await mallory.group.leave();
    await settled();
  }
  assert.equal(told(bob!), "");
  await stage.close();
});

Deno.test("who is an owner no more is a member, in the list and in what they may", async () => {
  const { stage, people: [bob] } = await groupOf({}, "bob");
  const { anna } = stage;
  await anna.group.setRole(bob!.self.jid, "admin");
  const self = device("boss@example.org");
  const owner = { jid: self.jid, fingerprint: fingerprintOf(self.accountKey) };
  const { specification } = stage;
  await anna.group.respecify({ ...specification, owners: [...specification.owners, owner] });
  await settled();
  const boss = stage.person(self.jid, self);
  const second = stage.person(self.jid, device(self.jid, self.accountKey));
  for (const each of [boss, second]) await each.join();
  await anna.group.respecify(specification);
  await settled();
  const role = () => bob!.group.epoch!.members.find(({ id }) => id === boss.id)?.role;
  assert.equal(role(), "member");
  await boss.group.expel(second.id);
  await settled();
  await boss.group.leave();
  await boss.join();
  assert.equal(role(), "member");
  await assert.rejects(boss.group.expel(bob!.self.jid), { code: "not-allowed" });
  await bob!.group.expel(self.jid);
  await settled();
  assert.equal(boss.group.phase, "removed");
  for (const person of [anna, bob!]) assert.equal(told(person), "");
  await stage.close();
});

Deno.test("an admission signed before an expulsion lifts no ban, though the expelled was not in", async () => {
  const { stage, people: [bob] } = await groupOf({
    access: [{ kind: "domain", domain: "example.org" }],
  }, "bob");
  await stage.anna.group.setRole(bob!.self.jid, "admin");
  await settled();
  const held: Uint8Array<ArrayBuffer>[] = [];
  stage.fate = (what, to) => {
    const isAct = to === stage.specification.keyServer.jid && decodeRequest(what).kind === "act";
    if (!isAct) return "deliver";
    held.push(what);
    return "lose";
  };
  bob!.group.admit("x@example.org").catch(() => {});
  await settled();
  stage.fate = () => "deliver";
  assert.equal(held.length, 1);
  const epoch = bob!.group.epoch!.number;
  await stage.anna.group.expel("x@example.org");
  await settled();
  assert.equal(bob!.group.epoch!.number, epoch + 1);
  const act = decodeRequest(held[0]!);
  await stage.server.receive(bob!.self, encodeRequest({ ...act, request: "15".repeat(16) }));
  await settled();
  const x = stage.person("x@example.org");
  await assert.rejects(x.group.join(), { code: "expelled" });
  // Members know of it, too, and see a key server that drops the ban.
  await goneBad(stage, (state) => ({ ...state, banned: new Map() }));
  await x.join();
  assert.match(told(bob!), /let x@example.org in again as member; they were expelled/);
  await stage.close();
});

Deno.test("who joins by an invitation is told of owners that it did not name", async () => {
  const { stage } = await groupOf({});
  const carol = stage.person("carol@example.org");
  const self = device("boss@example.org");
  const owner = { jid: self.jid, fingerprint: fingerprintOf(self.accountKey) };
  const { specification } = stage;
  await stage.anna.group.respecify({ ...specification, owners: [...specification.owners, owner] });
  await settled();
  await carol.join();
  assert.match(told(carol), /The group has other owners: boss@example.org is one now/);
  assert.equal(told(stage.anna), "");
  await stage.close();
});
