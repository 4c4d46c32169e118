import assert from "node:assert/strict";
import { Rooms, XmppClient } from "../xmpp/client/mod.ts";
import type { App } from "./gate.ts";
import {
  bodies,
  bring,
  everywhere,
  lines,
  meet,
  only,
  people,
  until,
  withKeyServer,
  withParty,
} from "./testing_party.ts";

Deno.test("three make a group, talk, one is expelled, a fourth joins late: what each can read", () =>
  withParty(["Bob", "Carol", "Dave"], async (party) => {
    const [alice, bob, carol, dave] = ["Alice", "Bob", "Carol", "Dave"].map((n) =>
      party.app(n)
    ) as [
      App,
      App,
      App,
      App,
    ];
    const made = await alice.createGroup({ name: "Circle" });
    const { jid } = made;
    // The server sees the address: nothing of the name is in it.
    assert.match(jid, /^g-[0-9a-f]{20}@/);
    assert.deepEqual(
      [made.state, made.name, made.role, made.keyServer.own, made.epoch?.number],
      ["in", "Circle", "owner", true, 1],
    );
    const room = alice.rooms().find((one) => one.jid === jid)!;
    assert.deepEqual([room.encryption, room.state], ["keystone", "in"]);

    await alice.inviteToGroup(jid, party.jid("Bob"), { reason: "Tuesdays" });
    await until(bob, () => only(bob)?.state === "invited");
    const invited = only(bob)!;
    assert.deepEqual(
      [invited.invitation?.from, invited.invitation?.reason, invited.keyServer.jid],
      [party.jid("Alice"), "Tuesdays", party.jid("Alice")],
    );
    assert.equal(invited.keyServer.own, false);
    assert.equal(invited.keyServer.fingerprint, made.keyServer.fingerprint);
    assert.equal((await bob.answerGroup(jid, "later")).invitation?.later, true);
    await bob.answerGroup(jid, "accept");
    await bring(party, jid, "Carol");
    await everywhere(
      party,
      ["Alice", "Bob", "Carol"],
      (app) => only(app)!.state === "in" && people(app).join() === "alice,bob,carol",
    );
    assert.equal(new Set([alice, bob, carol].map((app) => only(app)!.epoch!.number)).size, 1);

    const sent = await bob.sendToGroup(jid, "between us");
    assert.deepEqual([sent.delivery, sent.encryption], ["pending", "keystone"]);
    await until(bob, () => bob.roomMessages(jid).some(({ delivery }) => delivery === "sent"));
    await everywhere(party, ["Alice", "Carol"], (app) => bodies(app, jid).length === 1);
    assert.deepEqual(bodies(carol, jid), [`< ${party.jid("Bob")}: between us`]);
    assert.deepEqual(bodies(alice, jid), ["< Bob: between us"]);
    assert.equal(alice.roomMessages(jid).at(-1)!.encryption, "keystone");
    const trust = Object.fromEntries(only(bob)!.members.map(({ jid, trust }) => [jid, trust]));
    assert.deepEqual(trust, {
      [party.jid("Alice")]: "first-use",
      [party.jid("Bob")]: "own",
      [party.jid("Carol")]: "unknown",
    });

    await alice.expelFromGroup(jid, party.jid("Bob"));
    await until(bob, () => only(bob)?.state === "out");
    await everywhere(party, ["Alice", "Carol"], (app) => people(app).join() === "alice,carol");
    await assert.rejects(bob.sendToGroup(jid, "let me in"));
    await carol.sendToGroup(jid, "without Bob");
    await until(alice, () => bodies(alice, jid).length === 2);

    await bring(party, jid, "Dave");
    await alice.sendToGroup(jid, "welcome Dave");
    await everywhere(
      party,
      ["Carol", "Dave"],
      (app) => bodies(app, jid).some((body) => body.endsWith("welcome Dave")),
    );
    assert.deepEqual(bodies(dave, jid), ["< Alice: welcome Dave"]);
    await until(dave, () => lines(dave, jid).some((line) => /before you joined/.test(line)));
    assert.equal(only(dave)!.refused.find(({ code }) => code === "before-you-joined")?.count, 2);
    assert.deepEqual(bodies(bob, jid), ["> Bob: between us"]);
    assert.deepEqual(
      bodies(carol, jid).map((body) => body.split(": ")[1]),
      ["between us", "without Bob", "welcome Dave"],
    );
    assert.deepEqual(lines(alice, jid).filter((line) => line.startsWith("Epoch")), [
      "Epoch 1: the group is made.",
      "Epoch 2: Bob joined, the key changed.",
      `Epoch 3: Carol joined, the key changed.`,
      `Epoch 4: ${party.jid("Alice")} expelled Bob, the key changed.`.replace(
        party.jid("Alice"),
        "Alice",
      ),
      "Epoch 5: Dave joined, the key changed.",
    ]);
  }));

Deno.test("what goes in clear through a group's room is no message of the group, and nothing of ours", () =>
  withParty(["Bob"], async (party) => {
    const [alice, bob] = [party.app("Alice"), party.app("Bob")];
    const jid = await meet(party, ["Bob"]);
    for (const app of [alice, bob]) {
      await assert.rejects(app.sendToRoom(jid, "in clear"), {
        code: "room-is-group",
        publicMessage: `${jid} is an encrypted group: see simppd group.`,
      });
      await assert.rejects(app.joinRoom({ jid, plain: true }), { code: "room-is-group" });
      await assert.rejects(app.changeRoom(jid, { subject: "in clear" }), { code: "room-is-group" });
      await assert.rejects(app.leaveRoom(jid), { code: "room-is-group" });
      await assert.rejects(app.inviteToRoom(jid, "x@example.org"), { code: "room-is-group" });
    }
    const plain = await alice.createRoom({ name: "Plain", plain: true });
    await assert.rejects(alice.sendToGroup(plain.jid, "sealed"), { code: "unknown-group" });
    assert.equal(plain.encryption, "none");

    // Another program of Bob's, which knows nothing of groups, says something in the room.
    await bob.setPassword("another program's password");
    const { port, pin } = alice.status().server!;
    const client = new XmppClient({
      jid: party.jid("Bob"),
      password: "another program's password",
      endpoints: [{ host: "127.0.0.1", port, tls: "direct" }],
      trust: { kind: "pin", pin },
    });
    const seen: string[] = [];
    const rooms = new Rooms(client);
    try {
      await client.connect();
      const room = await rooms.join(jid, "Bob's phone");
      room.events.on((event) => {
        if (event.kind === "message") seen.push(event.message.stanza.toString());
      });
      room.say("can you read this?");
      room.setSubject("a subject in clear");
      await until(alice, () => lines(alice, jid).some((line) => /phone wrote in clear/.test(line)));
      await alice.sendToGroup(jid, "only for members");
      await until(bob, () => bodies(bob, jid).length === 1);
      assert.deepEqual(bodies(alice, jid), ["> Alice: only for members"]);
      assert.deepEqual(only(alice)!.refused, [{ code: "in-clear", count: 1 }]);
      assert.equal(alice.rooms().find((one) => one.jid === jid)!.subject, "");
      assert.equal(lines(alice, jid).some((line) => line.includes("subject")), false);
      for (let i = 0; i < 100 && !seen.some((one) => one.includes("urn:simpp:group:1")); i++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.ok(seen.some((stanza) => stanza.includes("urn:simpp:group:1")));
      assert.equal(seen.some((stanza) => stanza.includes("only for members")), false);
    } finally {
      await client.close();
    }
  }));

Deno.test("a member who was away reads what was said meanwhile; keys and key server survive restarts", () =>
  withParty(["Bob", "Carol"], async (party) => {
    const [alice, bob] = [party.app("Alice"), party.app("Bob")];
    const { jid } = await bob.createGroup({ name: "Bob's circle" });
    await bob.inviteToGroup(jid, party.jid("Alice"));
    await until(alice, () => only(alice)?.state === "invited");
    await alice.answerGroup(jid, "accept");
    await alice.sendToGroup(jid, "one");
    await until(bob, () => bodies(bob, jid).length === 1);
    const incarnation = only(bob)!.epoch!.incarnation;

    // Bob keeps the keys: while he is away one talks on.
    await party.close("Bob");
    await alice.sendToGroup(jid, "two");
    await until(
      alice,
      () => alice.roomMessages(jid).filter((m) => m.delivery === "sent").length === 2,
    );
    const again = await party.open("Bob");
    await until(again, () => only(again)?.state === "in" && bodies(again, jid).length === 2);
    assert.deepEqual(bodies(again, jid), ["< Alice: one", "< Alice: two"]);
    assert.deepEqual([only(again)!.epoch!.incarnation, only(again)!.refused], [incarnation, []]);

    // Carol is Alice's contact and not Bob's; they become contacts, and she comes in.
    const carol = party.app("Carol");
    await again.addContact({ jid: party.jid("Carol") });
    await until(carol, () => carol.contacts().some((one) => one.jid === party.jid("Bob")));
    await carol.changeContact(party.jid("Bob"), { accept: true });
    await again.inviteToGroup(jid, party.jid("Carol"));
    await until(carol, () => only(carol)?.state === "invited");
    // She accepts while who keeps the keys is away, and is in once he is back.
    await party.close("Bob");
    const accepted = carol.answerGroup(jid, "accept");
    await until(carol, () => only(carol)?.state === "joining");
    await assert.rejects(carol.sendToGroup(jid, "too early"), { code: "not-in-group" });
    const back = await party.open("Bob");
    assert.equal((await accepted).state, "in");
    await until(back, () => only(back)!.members.length === 3);
    await until(alice, () => only(alice)!.members.length === 3);
    await carol.sendToGroup(jid, "three");
    await until(alice, () => bodies(alice, jid).length === 3);

    // A member restarts: nothing is shown twice, nothing is lost.
    const before = alice.roomMessages(jid).map(({ body }) => body);
    const restarting = party.close("Carol");
    await alice.sendToGroup(jid, "four");
    await restarting;
    const sheAgain = await party.open("Carol");
    await until(sheAgain, () => bodies(sheAgain, jid).some((body) => body.endsWith("four")));
    assert.equal(bodies(sheAgain, jid).filter((body) => body.endsWith("three")).length, 1);
    assert.deepEqual(
      alice.roomMessages(jid).map(({ body }) => body).slice(0, before.length),
      before,
    );
  }));

Deno.test("roles: who only reads cannot write, an admin invites and expels, a member leaves", () =>
  withParty(["Bob", "Carol"], async (party) => {
    const [alice, bob, carol] = ["Alice", "Bob", "Carol"].map((n) => party.app(n)) as [
      App,
      App,
      App,
    ];
    const { jid } = await alice.createGroup({ name: "Circle" });
    await alice.inviteToGroup(jid, party.jid("Bob"), { role: "listener" });
    await until(bob, () => only(bob)?.state === "invited");
    await bob.answerGroup(jid, "accept");
    assert.deepEqual([only(bob)!.role, only(bob)!.maySend], ["listener", false]);
    await assert.rejects(bob.sendToGroup(jid, "may I?"), { code: "may-not-send" });
    await assert.rejects(bob.expelFromGroup(jid, party.jid("Alice")));
    await alice.setGroupRole(jid, party.jid("Bob"), "admin");
    await until(bob, () => only(bob)?.role === "admin" && only(bob)!.maySend);
    await bob.sendToGroup(jid, "now I may");
    await until(alice, () => bodies(alice, jid).length === 1);
    await assert.rejects(bob.setGroupRole(jid, party.jid("Bob"), "owner"));
    await assert.rejects(bob.inviteToGroup(jid, "nobody@example.org"), { code: "unknown-contact" });

    await alice.inviteToGroup(jid, party.jid("Carol"));
    await until(carol, () => only(carol)?.state === "invited");
    await carol.answerGroup(jid, "decline");
    assert.deepEqual([carol.groups(), carol.rooms()], [[], []]);
    await alice.inviteToGroup(jid, party.jid("Carol"));

    // Who left is off the room's list.
    const listed = () => alice.roomMembers(jid).some((one) => one.jid === party.jid("Bob"));
    assert.equal(listed(), true);
    await bob.leaveGroup(jid);
    assert.deepEqual([bob.groups(), bob.rooms()], [[], []]);
    await until(alice, () => people(alice).join() === "alice");
    await until(alice, () => lines(alice, jid).some((line) => /^Epoch \d+: Bob left/.test(line)));
    // Asked to go, the one who keeps the keys ends the group instead.
    await assert.rejects(alice.leaveGroup(jid), { code: "keeps-keys" });
    await until(alice, () => !listed());
    assert.equal(lines(alice, jid).some((line) => /was removed/.test(line)), false);
    await alice.endGroup(jid);
    assert.deepEqual([alice.groups(), alice.rooms()], [[], []]);
  }));

Deno.test("a group that was ended says so to who was in it, who deletes it", () =>
  withParty(["Bob"], async (party) => {
    const [alice, bob] = [party.app("Alice"), party.app("Bob")];
    const jid = await meet(party, ["Bob"]);
    await alice.sendToGroup(jid, "farewell");
    await until(bob, () => bodies(bob, jid).length === 1);
    await alice.endGroup(jid);
    await until(bob, () => only(bob)!.problem?.code === "group-closed");
    assert.equal(only(bob)!.state, "out");
    assert.equal(bodies(bob, jid).length, 1);
    await bob.leaveGroup(jid);
    assert.deepEqual([bob.groups(), bob.rooms()], [[], []]);
  }));

Deno.test("who leaves without a connection is asked for force, and keeps no keys", () =>
  withParty(["Bob"], async (party) => {
    const jid = await meet(party, ["Bob"]);
    await party.close("Bob");
    await party.close("Alice");
    const bob = await party.open("Bob");
    await assert.rejects(() => bob.leaveGroup(jid), { code: "key-server-not-told" });
    assert.equal(bob.groups().length, 1);
    await bob.leaveGroup(jid, true);
    assert.deepEqual([bob.groups(), bob.rooms()], [[], []]);
    assert.deepEqual(party.keptKeys("Bob"), []);
  }));

Deno.test("a backup brings groups and their key server back, to a device with new keys", () =>
  withParty(["Bob", "Carol"], async (party) => {
    const [alice, bob] = [party.app("Alice"), party.app("Bob")];
    // Bob keeps a group, and is in one that Alice keeps.
    const hers = await meet(party, ["Bob"]);
    const { jid } = await bob.createGroup({ name: "Bob's own" });
    await bob.inviteToGroup(jid, party.jid("Alice"));
    await until(alice, () => alice.groups().some(({ state }) => state === "invited"));
    await alice.answerGroup(jid, "accept");
    const of = (app: App, room: string) => app.groups().find((one) => one.jid === room);
    await until(bob, () => of(bob, jid)?.members.length === 2);
    const before = of(alice, jid)!.epoch!;
    const file = await new Response(
      await bob.backup({ passphrase: "a long enough passphrase", server: false }),
    ).bytes();
    await party.close("Bob");

    const restored = await party.open("Bob anew");
    await restored.restore({
      file: new Blob([file]).stream(),
      passphrase: "a long enough passphrase",
      lost: true,
    });
    await until(
      restored,
      () => of(restored, jid)?.state === "in" && of(restored, hers)?.state === "in",
    );
    assert.equal(of(restored, jid)!.keyServer.own, true);
    assert.equal(of(restored, jid)!.name, "Bob's own");
    await until(alice, () => of(alice, jid)!.epoch?.incarnation !== before.incarnation);
    assert.ok(
      lines(alice, jid).some((line) => /restored/.test(line)),
      lines(alice, jid).join("\n"),
    );
    await restored.sendToGroup(jid, "back again");
    await restored.sendToGroup(hers, "and here");
    for (const room of [jid, hers]) {
      await until(alice, () => bodies(alice, room).some((body) => /again|here/.test(body)));
    }
    await alice.sendToGroup(jid, "welcome back");
    await until(restored, () => bodies(restored, jid).length === 2);
    // The device that is no more leaves no leaf behind, also where somebody else keeps the keys.
    for (const room of [jid, hers]) {
      await until(alice, () => of(alice, room)!.members.length === 2);
      assert.equal(lines(alice, room).some((line) => /on its own/.test(line)), false);
    }
  }));

Deno.test("a group whose keys a component keeps: made, joined, talked in, left, and nobody's keys here", () =>
  withKeyServer(["anna"], async ({ keys, sign, meet }) => {
    const [anna, bob] = [await sign("anna"), await sign("bob")];
    await meet(anna, bob);
    const keyServer = { jid: keys().view.jid, key: keys().view.key };
    await assert.rejects(bob.createGroup({ name: "Not for Bob", keyServer }), {
      code: "not-allowed",
    });
    assert.deepEqual([bob.groups(), bob.rooms()], [[], []]);
    const { jid } = await anna.createGroup({ name: "Lab", keyServer });
    const mine = only(anna)!;
    assert.deepEqual([mine.state, mine.keyServer.jid, mine.keyServer.own], [
      "in",
      keys().view.jid,
      false,
    ]);
    await anna.inviteToGroup(jid, bob.status().account!.jid);
    await until(bob, () => only(bob)?.state === "invited");
    assert.equal(only(bob)!.keyServer.jid, keys().view.jid);
    await bob.answerGroup(jid, "accept");
    await until(anna, () => only(anna)!.members.length === 2);
    await bob.sendToGroup(jid, "hello from Bob");
    await until(anna, () => bodies(anna, jid).length === 1);
    assert.deepEqual(keys().view.groups.map(({ name, members }) => [name, members]), [["Lab", 2]]);
    await bob.leaveGroup(jid);
    await until(anna, () => only(anna)!.members.length === 1);
    // Nobody's contact: neither learns of the other's chat through the key server.
    assert.equal(anna.contacts().some((contact) => contact.jid === keys().view.jid), false);
    await anna.leaveGroup(jid);
    assert.deepEqual(anna.groups(), []);
  }));
