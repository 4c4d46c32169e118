import assert from "node:assert/strict";
import { equal, systemRandom } from "../crypto/mod.ts";
import { Vault } from "../store/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import { toHex } from "../base/mod.ts";
import { decodeStatement } from "./announcements.ts";
import { readStatement } from "./epoch_statement.ts";
import { ENDED_AGE } from "./hosted_group.ts";
import { printSpecification } from "./spec_text.ts";
import type { Specification } from "./specification.ts";
import {
  device,
  keyServer,
  specificationOf,
  TestMember,
  TestNetwork,
} from "./testing_key_server.ts";

/** A key server with one group, and people who may ask it. */
function stage(rest: Partial<Specification> = {}) {
  const network = new TestNetwork();
  const home = keyServer(network);
  const owner = device("anna@example.org");
  const spec = specificationOf(home.server.key, [owner], rest);
  home.server.host(spec);
  const member = (jid: string, self = device(jid)) =>
    new TestMember(network, home.server, spec, self);
  const anna = new TestMember(network, home.server, spec, owner);
  return { network, ...home, spec, anna, member, group: home.server.group(spec.group)! };
}

const code = (answer: { kind: string }) =>
  answer.kind === "refused" ? (answer as unknown as { code: string }).code : answer.kind;

for (const strategy of ["user", "key", "group"] as const) {
  for (const shape of ["tree", "star"] as const) {
    Deno.test(`${strategy}-oriented, ${shape}: all present members follow joins, leaves and renewals`, async () => {
      const { anna, member, server, group, close } = stage({ strategy, shape });
      const people = [anna, ...Array.from({ length: 11 }, (_, at) => member(`m${at}@example.org`))];
      for (const each of people) assert.equal((await each.join()).kind, "joined");
      await server.idle();
      for (const each of people) assert.ok(each.holds(), each.id);
      const gone = people.splice(3, 4);
      for (const each of gone) {
        assert.equal((await each.ask({ kind: "leave", action: new Uint8Array() })).kind, "left");
      }
      await server.idle();
      const key = anna.groupKey!;
      for (const each of people) assert.ok(each.holds() && equal(each.groupKey!, key));
      for (const each of gone) assert.ok(each.groupKey === undefined || !equal(each.groupKey, key));
      assert.deepEqual(anna.roster.map(({ id }) => id), people.map(({ id }) => id));
      assert.equal(group.state.epoch, 16);
      close();
    });
  }
}

Deno.test("joins and leaves within a batch interval make one epoch", async () => {
  const { anna, member, server, group, close } = stage({ batchInterval: 60 });
  await anna.join();
  const people = Array.from({ length: 20 }, (_, at) => member(`m${at}@example.org`));
  await Promise.all(people.map((each) => each.join()));
  await Promise.all(
    people.slice(0, 5).map((each) => each.ask({ kind: "leave", action: new Uint8Array() })),
  );
  await server.idle();
  assert.equal(group.state.epoch, 3);
  for (const each of [anna, ...people.slice(5)]) assert.ok(each.holds());
  close();
});

Deno.test("hundreds join at once: as many epochs as statements stay small by", async () => {
  const { member, server, group, close } = stage({ batchInterval: 30 });
  const people = Array.from({ length: 120 }, (_, at) => member(`member${at}@example.org`));
  assert.ok(
    (await Promise.all(people.map((each) => each.join()))).every(({ kind }) => kind === "joined"),
  );
  await server.idle();
  assert.ok(group.state.epoch > 1 && group.state.epoch < 6, String(group.state.epoch));
  for (const each of people) assert.ok(each.holds());
  close();
});

Deno.test("repeated requests are answered the same and change nothing", async () => {
  const { anna, member, group, close } = stage();
  await anna.join();
  const bob = member("bob@example.org");
  const registering = { kind: "register" as const, ticket: new Uint8Array(), suites: [1] };
  const first = await bob.ask(registering, "aa".repeat(16));
  assert.deepEqual(await bob.ask(registering, "aa".repeat(16)), first);
  assert.ok(first.kind === "registered");
  const joining = { kind: "join" as const, registration: first.registration };
  // While one waits for its batch, the answer goes to the request that came last.
  const waiting = bob.ask(joining, "dd".repeat(16));
  waiting.then(() => assert.fail("answered twice"));
  const one = await bob.ask(joining);
  const two = await bob.ask(joining);
  assert.ok(one.kind === "joined" && two.kind === "joined");
  assert.equal(toHex(one.statement), toHex(two.statement));
  const epoch = group.state.epoch;
  assert.equal((await bob.ask(joining)).kind, "joined");
  assert.equal(group.state.epoch, epoch);
  assert.equal(
    (await bob.ask({ kind: "leave", action: new Uint8Array() }, "bb".repeat(16))).kind,
    "left",
  );
  assert.equal(
    (await bob.ask({ kind: "leave", action: new Uint8Array() }, "cc".repeat(16))).kind,
    "left",
  );
  assert.equal(group.state.epoch, epoch + 1);
  assert.equal(code(await bob.ask(joining)), "not-registered");
  assert.equal((await bob.join()).kind, "joined");
  // A leave of before that comes again, late, takes nobody out.
  assert.equal(
    (await bob.ask({ kind: "leave", action: new Uint8Array() }, "bb".repeat(16))).kind,
    "left",
  );
  assert.equal(group.state.epoch, epoch + 2);
  close();
});

Deno.test("who lost their state joins again in their own place", async () => {
  const { anna, member, server, close } = stage();
  await anna.join();
  const bob = member("bob@example.org");
  await bob.join();
  const old = bob.groupKey!;
  assert.equal((await bob.join()).kind, "joined");
  await server.idle();
  assert.equal(anna.roster.length, 2);
  assert.ok(anna.holds() && bob.holds() && !equal(old, bob.groupKey!));
  close();
});

Deno.test("a slot belongs to the device that SIMPP proved, whatever else is said", async () => {
  const { anna, member, server, group, close } = stage();
  await anna.join();
  const bob = member("bob@example.org"), mallory = member("mallory@example.org");
  await bob.register();
  const stolen = await mallory.ask({ kind: "join", registration: bob.registration!.registration });
  assert.equal(code(stolen), "not-registered");
  // Somebody whose server lets them speak as bob, without bob's keys.
  await bob.join();
  const impostor = member("bob@example.org");
  assert.equal(code(await impostor.join()), "other-keys");
  // A device key that is not the one the id says.
  const epoch = group.state.epoch;
  void server.receive({ ...bob.device, deviceKey: mallory.device.deviceKey }, new Uint8Array([3]));
  assert.equal(group.state.epoch, epoch);
  const other = member("anna@example.org");
  assert.equal(code(await other.join()), "other-keys");
  close();
});

Deno.test("the access list lets in whom it names, and an owner's act whom it does not", async () => {
  const carl = device("carl@else.example");
  const { anna, member, server, close } = stage({
    access: [{ kind: "jid", jid: "bob@example.org" }, {
      kind: "account",
      fingerprint: fingerprintOf(carl.accountKey),
    }],
  });
  await anna.join();
  assert.equal((await member("bob@example.org").join()).kind, "joined");
  assert.equal((await member(carl.jid, carl).join()).kind, "joined");
  const dora = member("dora@example.org");
  assert.equal(code(await dora.join()), "not-admitted");
  assert.equal(
    (await anna.act({ kind: "admit", subject: dora.device.jid, role: "listener" }, 1)).kind,
    "done",
  );
  assert.equal((await dora.join()).kind, "joined");
  await server.idle();
  assert.equal(anna.roster.find(({ id }) => id === dora.id)!.role, "listener");
  const [reason] = anna.statement!.reasons;
  assert.ok(reason!.kind === "joined" && reason!.action !== null);
  assert.equal(anna.parts.at(-1)!.announcement!.actions.length, 1);
  close();
});

Deno.test("a member takes another device of theirs out, and nobody else's; nothing is kept of it", async () => {
  const { anna, member, server, group, close } = stage();
  const bob = member("bob@example.org"), carl = member("carl@example.org");
  const second = device(bob.device.jid, bob.device.accountKey);
  const other = member(bob.device.jid, second);
  const eve = member(bob.device.jid);
  for (const each of [anna, bob, carl, other]) await each.join();
  const { epoch } = group.state;
  assert.equal(code(await bob.act({ kind: "expel", subject: carl.id })), "not-allowed");
  assert.equal(code(await bob.act({ kind: "expel", subject: bob.id })), "not-allowed");
  // One who calls themselves Bob, with another account key.
  assert.equal(code(await eve.act({ kind: "expel", subject: bob.id })), "not-allowed");
  assert.equal(group.state.epoch, epoch);
  assert.equal(code(await bob.act({ kind: "expel", subject: other.id })), "done");
  assert.equal(code(await bob.act({ kind: "expel", subject: other.id })), "done");
  assert.equal(group.state.epoch, epoch + 1);
  await server.idle();
  assert.ok(anna.holds() && bob.holds() && !other.holds());
  const { banned, actions } = group.state;
  assert.deepEqual([banned.size, actions.size], [0, 0]);
  assert.equal((await other.join()).kind, "joined");
  close();
});

Deno.test("only owners and admins act, each within their rights, and each act counts once", async () => {
  const { anna, member, server, group, close } = stage();
  const bob = member("bob@example.org"), carl = member("carl@example.org");
  for (const each of [anna, bob, carl]) await each.join();
  const expelCarl = { kind: "expel", subject: carl.device.jid } as const;
  assert.equal(code(await bob.act(expelCarl)), "not-allowed");
  assert.equal(code(await bob.act(expelCarl, 1, { signer: anna.device })), "wrong-author");
  assert.equal(
    code(await anna.act(expelCarl, 1, { incarnation: "00".repeat(16) })),
    "other-incarnation",
  );
  assert.equal(
    code(await anna.act({ kind: "role", subject: "bob@example.org", role: "admin" }, 10)),
    "done",
  );
  assert.equal(anna.roster[1]!.role, "admin");
  assert.equal(
    code(await bob.act({ kind: "role", subject: carl.device.jid, role: "admin" })),
    "not-allowed",
  );
  assert.equal(
    code(await bob.act({ kind: "admit", subject: "x@y", role: "admin" })),
    "not-allowed",
  );
  assert.equal(code(await bob.act({ kind: "expel", subject: "anna@example.org" })), "is-owner");
  assert.equal(code(await bob.act({ kind: "close" })), "not-allowed");
  const { epoch } = group.state;
  assert.equal(code(await bob.act(expelCarl, 20, { epoch })), "done");
  assert.equal(code(await bob.act(expelCarl, 20, { epoch })), "done");
  assert.equal(group.state.epoch, epoch + 1);
  assert.equal(
    code(await bob.act({ kind: "admit", subject: "y@z", role: "member" }, 19)),
    "old-action",
  );
  await server.idle();
  assert.ok(anna.holds() && bob.holds() && !carl.holds());
  assert.equal(code(await carl.join()), "expelled");
  assert.equal(code(await carl.resync()), "not-a-member");
  assert.equal(
    code(await anna.act({ kind: "admit", subject: carl.device.jid, role: "member" }, 30)),
    "done",
  );
  assert.equal((await carl.join()).kind, "joined");
  close();
});

Deno.test("a specification may change but for what the group is; closing ends it", async () => {
  const { anna, member, spec, server, group, close } = stage();
  const bob = member("bob@example.org");
  await anna.join();
  await bob.join([1]);
  const respecify = (rest: Partial<Specification>, number: number) =>
    anna.act({ kind: "respecify", text: printSpecification({ ...spec, ...rest }) }, number);
  assert.equal(code(await respecify({ degree: 5 }, 1)), "cannot-change");
  assert.equal(code(await respecify({ suites: ["aes-128-cbc-hmac"] }, 2)), "no-common-suite");
  assert.equal(
    code(await anna.act({ kind: "respecify", text: "nonsense" }, 3)),
    "bad-specification",
  );
  assert.equal(code(await respecify({ name: "Renamed", strategy: "user" }, 4)), "done");
  const told = await bob.ask({ kind: "specification" });
  assert.ok(told.kind === "specified" && told.specification.includes("Renamed"));
  await server.idle();
  assert.ok(anna.holds() && bob.holds());
  assert.equal(code(await anna.act({ kind: "close" }, 5)), "done");
  assert.ok(group.state.closed);
  assert.equal(code(await member("carl@example.org").join()), "group-closed");
  assert.equal(
    code(await anna.act({ kind: "admit", subject: "x@y", role: "member" }, 6)),
    "group-closed",
  );
  close();
});

Deno.test("an ended group is kept for who was away, then forgotten with all its keys", async () => {
  let time = 1_000_000;
  const network = new TestNetwork();
  const vault = new Vault(systemRandom(32), systemRandom);
  const path = await Deno.makeTempFile();
  const home = keyServer(network, { path, vault, now: () => time, repeat: 5 });
  const found = (jid: string) => {
    const owner = device(jid);
    const spec = specificationOf(home.server.key, [owner]);
    home.server.host(spec);
    return { spec, owner: new TestMember(network, home.server, spec, owner) };
  };
  const { spec, owner: anna } = found("anna@example.org");
  const { spec: other, owner: elsewhere } = found("otto@example.org");
  await elsewhere.join();
  await anna.join();
  assert.equal(code(await anna.act({ kind: "close" }, 1)), "done");
  time += ENDED_AGE;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(code(await anna.ask({ kind: "status" })), "standing", "to the day");
  time += 1;
  while (home.server.groups.length > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(code(await anna.ask({ kind: "status" })), "no-such-group");
  assert.equal(home.store.group(spec.group), undefined);
  assert.ok(home.store.group(other.group) !== undefined);
  assert.equal(code(await elsewhere.act({ kind: "close" }, 1)), "done");
  home.close();
  // Long over when the key server is switched on again: it is not taken up.
  time += ENDED_AGE + 1;
  const again = keyServer(network, { path, vault, now: () => time });
  assert.deepEqual([again.server.groups.length, again.store.groups().length], [0, 0]);
  again.close();
  await Deno.remove(path);
});

Deno.test("the suite is the strongest that all allow; who has none in common is refused", async () => {
  const { anna, member, close } = stage();
  await anna.join([1, 2]);
  assert.equal(anna.statement!.suite, "aes-256-gcm");
  const bob = member("bob@example.org");
  await bob.join([2]);
  assert.equal(anna.statement!.suite, "aes-128-cbc-hmac");
  assert.equal(code(await member("carl@example.org").join([1])), "no-common-suite");
  assert.equal(code(await member("dora@example.org").join([3])), "no-common-suite");
  await bob.ask({ kind: "leave", action: new Uint8Array() });
  assert.equal(anna.statement!.suite, "aes-256-gcm");
  close();
});

Deno.test("a member who missed 100 epochs is brought back, and sees that nothing was rolled back", async () => {
  const { anna, member, server, group, close } = stage();
  const bob = member("bob@example.org"), carl = member("carl@example.org");
  await anna.join();
  await bob.join();
  bob.offline.is = true;
  for (let turn = 0; turn < 50; turn++) {
    // More requests than a device may make: another one each time.
    const guest = turn % 20 === 0 ? carl : member(`guest${turn}@example.org`);
    await guest.join();
    await guest.ask({ kind: "leave", action: new Uint8Array() });
  }
  bob.offline.is = false;
  const answer = await bob.resync();
  assert.ok(answer.kind === "resynced" && answer.chain?.length === 100);
  assert.ok(bob.holds() && equal(bob.groupKey!, anna.groupKey!));
  // What the key server never said leads nowhere.
  const { incarnation, epoch } = group.state;
  const forked = await bob.ask({
    kind: "resync",
    incarnation,
    epoch: epoch - 1,
    link: systemRandom(32),
  });
  assert.ok(forked.kind === "resynced" && forked.chain === null);
  const later = await bob.ask({
    kind: "resync",
    incarnation,
    epoch: epoch + 5,
    link: systemRandom(32),
  });
  assert.ok(later.kind === "resynced" && later.chain === null);
  await server.idle();
  close();
});

Deno.test("the statement is said again, and the key renewed, when nobody comes or goes", async () => {
  const network = new TestNetwork();
  const home = keyServer(network, { repeat: 20 });
  const owner = device("anna@example.org");
  const spec = specificationOf(home.server.key, [owner], { renewInterval: 100 });
  const group = home.server.host(spec);
  const anna = new TestMember(network, home.server, spec, owner);
  await anna.join();
  const before = anna.groupKey!;
  for (let wait = 0; wait < 200 && group.state.epoch < 2; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await home.server.idle();
  assert.ok(anna.holds() && !equal(before, anna.groupKey!));
  const said = network.heard.filter((payload) => payload[0] === 33);
  assert.ok(said.length >= 2);
  assert.equal(readStatement(decodeStatement(said[0]!).statement).epoch, 1);
  home.close();
});

Deno.test("where the room takes nothing, every member is told alone; what is lost is asked for", async () => {
  const { anna, member, server, network, group, close } = stage();
  const bob = member("bob@example.org");
  network.roomFails = true;
  await anna.join();
  await bob.join();
  await server.idle();
  assert.ok(anna.holds() && bob.holds());
  const carl = member("carl@example.org");
  await carl.register();
  network.cut = true;
  void carl.ask({ kind: "join", registration: carl.registration!.registration });
  for (let wait = 0; wait < 100 && group.state.roster.length < 3; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await server.idle();
  network.cut = false;
  assert.ok(!anna.holds());
  await anna.resync();
  assert.ok(anna.holds());
  close();
});

Deno.test("a device that asks too much is not heard; others are", async () => {
  const { anna, member, server, network, spec, close } = stage();
  await anna.join();
  const flood = member("flood@example.org");
  network.members.delete(flood.id);
  for (let times = 0; times < 200; times++) void flood.ask({ kind: "status" });
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(network.strays.length, 60);
  assert.equal((await member("bob@example.org").join()).kind, "joined");
  // What is no request at all is never answered.
  for (const garbage of [new Uint8Array(), new Uint8Array([64]), new Uint8Array(200_000)]) {
    await server.receive(anna.device, garbage);
  }
  assert.equal(spec.group, anna.registration!.group);
  close();
});

Deno.test("a group is hosted for those who may, by a specification that names them", async () => {
  const network = new TestNetwork();
  const home = keyServer(network, { mayHost: (jid) => jid.endsWith("@example.org") });
  const anna = device("anna@example.org"), eve = device("eve@else.example");
  const spec = specificationOf(home.server.key, [anna]);
  const host = { kind: "host" as const, specification: printSpecification(spec) };
  const as = (self: typeof anna) => new TestMember(network, home.server, spec, self);
  assert.equal(code(await as(eve).ask(host)), "not-allowed");
  assert.equal(code(await as(device("bob@example.org")).ask(host)), "not-allowed");
  assert.equal(code(await as(anna).ask(host)), "done");
  assert.equal(code(await as(anna).ask(host)), "done");
  assert.equal(code(await as(anna).join()), "joined");
  // Another key server, by the same address: told apart by its key.
  const other = specificationOf(systemRandom(32), [anna], { group: "ab".repeat(16) });
  const stranger = new TestMember(network, home.server, other, anna);
  const answer = await stranger.ask({ kind: "host", specification: printSpecification(other) });
  assert.equal(code(answer), "other-key-server");
  home.close();
});

Deno.test("a change that cannot be stored leaves nothing behind, and nothing leaves the server", async () => {
  const { anna, member, server, store, network, group, close } = stage();
  await anna.join();
  await server.idle();
  const { epoch, incarnation } = group.state;
  const before = anna.groupKey!, heard = network.heard.length;
  const bob = member("bob@example.org");
  await bob.register();
  const add = store.addDigest.bind(store);
  store.addDigest = () => {
    throw new Error("the disk is full");
  };
  const joining = { kind: "join" as const, registration: bob.registration!.registration };
  const failed = await bob.ask(joining);
  assert.equal(code(failed), "internal");
  await server.idle();
  assert.deepEqual([group.state.epoch, network.heard.length], [epoch, heard]);
  store.addDigest = add;
  // The same again goes on where it was, in an epoch that was not said before.
  assert.equal((await bob.ask(joining)).kind, "joined");
  await server.idle();
  assert.deepEqual([group.state.epoch, group.state.incarnation], [epoch + 1, incarnation]);
  assert.ok(anna.holds() && !equal(before, anna.groupKey!));
  close();
});
