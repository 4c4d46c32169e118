import assert from "node:assert/strict";
import type { App } from "./gate.ts";
import { bodies, lines, meet, only, until, withKeyServer, withParty } from "./testing_party.ts";

const ROOM = "team@rooms.chat.test";

function specification(key: string, owner: App, ...more: string[]): string {
  const { jid, fingerprint } = owner.status().account!;
  return [
    "simppd group specification 1",
    "name = Team",
    `group = ${"7c".repeat(16)}`,
    `room = ${ROOM}`,
    `key-server = keys.chat.test ${key}`,
    `owner = ${jid} ${fingerprint}`,
    ...more,
  ].join("\n");
}

Deno.test("a group that its key server was started with: its owner makes the room, who is listed comes in", () =>
  withKeyServer([], async ({ keys, restart, sign }) => {
    const [anna, bob, eve] = [await sign("anna"), await sign("bob"), await sign("eve")];
    const bobJid = bob.status().account!.jid;
    const text = specification(keys().view.key, anna, `access = jid ${bobJid}`);
    await restart([text]);
    await assert.rejects(bob.joinSpecifiedGroup(text), {
      code: "no-such-room",
      publicMessage: /anna@chat\.test has to come in first/,
    });
    assert.deepEqual([bob.groups(), bob.rooms()], [[], []]);
    await assert.rejects(anna.joinSpecifiedGroup("name = Team"), { code: "bad-specification" });
    const other = text.replace(keys().view.key, "8a".repeat(32));
    await assert.rejects(anna.joinSpecifiedGroup(other), { code: "other-key-server" });
    assert.deepEqual([anna.groups(), anna.rooms()], [[], []]);

    const made = await anna.joinSpecifiedGroup(text);
    assert.deepEqual([made.jid, made.name, made.state, made.role], [ROOM, "Team", "in", "owner"]);
    const joined = await bob.joinSpecifiedGroup(text);
    assert.deepEqual([joined.state, joined.role], ["in", "member"]);
    await assert.rejects(bob.joinSpecifiedGroup(text), { code: "group-known" });
    await until(anna, () => only(anna)!.members.length === 2);
    await bob.sendToGroup(ROOM, "by the list");
    await until(anna, () => bodies(anna, ROOM).length === 1);
    await assert.rejects(eve.joinSpecifiedGroup(text), { code: "room-members-only" });
    assert.deepEqual([eve.groups(), eve.rooms()], [[], []]);
    assert.deepEqual(
      keys().view.groups.map(({ name, room, members }) => [name, room, members]),
      [["Team", ROOM, 2]],
    );
  }));

Deno.test("by a specification that lets in a whole domain, everybody there comes in, and no others twice", () =>
  withKeyServer([], async ({ keys, restart, sign, meet }) => {
    const [anna, bob, carl] = [await sign("anna"), await sign("bob"), await sign("carl")];
    const text = specification(keys().view.key, anna, "access = domain chat.test");
    await restart([text]);
    await anna.joinSpecifiedGroup(text);
    await bob.joinSpecifiedGroup(text);
    await carl.joinSpecifiedGroup(text);
    await until(anna, () => only(anna)!.members.length === 3);
    // Who was expelled stays out, whatever the list says, until an owner invites them.
    await anna.expelFromGroup(ROOM, bob.status().account!.jid);
    await until(bob, () => only(bob)?.state === "out");
    await bob.leaveGroup(ROOM, true);
    await assert.rejects(bob.joinSpecifiedGroup(text), { code: "expelled" });
    await meet(anna, bob);
    await anna.inviteToGroup(ROOM, bob.status().account!.jid);
    await until(bob, () => only(bob)?.state === "invited");
    await bob.answerGroup(ROOM, "accept");
    await until(anna, () => only(anna)!.members.length === 3);
  }));

Deno.test("LSIM's suite is used where the group wants it and all members allow it, and who does not is told", () =>
  withParty(["Bob"], async (party) => {
    const [alice, bob] = [party.app("Alice"), party.app("Bob")];
    await assert.rejects(alice.createGroup({ name: "Circle", suites: ["rot13"] }), {
      code: "bad-input",
    });
    assert.deepEqual(alice.groups(), []);
    const made = await alice.createGroup({ name: "Circle", suites: ["lsim-2003"] });
    const { jid } = made;
    assert.equal(made.epoch?.suite, "lsim-2003");
    assert.deepEqual(made.suites, { group: ["lsim-2003"], allowed: ["lsim-2003"], own: true });
    await alice.inviteToGroup(jid, party.jid("Bob"));
    await until(bob, () => only(bob)?.state === "invited");
    assert.deepEqual(only(bob)!.suites.allowed, ["aes-256-gcm", "aes-128-cbc-hmac"]);
    await assert.rejects(bob.answerGroup(jid, "accept"), {
      code: "no-common-suite",
      publicMessage: /encrypted with lsim-2003, and you allow aes-256-gcm, aes-128-cbc-hmac: allow/,
    });
    await bob.setGroupSuites(jid, ["lsim-2003"]);
    assert.deepEqual(bob.groupSuites().suites, ["aes-256-gcm", "aes-128-cbc-hmac"]);
    await bob.joinGroup(jid);
    await until(alice, () => only(alice)!.members.length === 2);
    await bob.sendToGroup(jid, "in Blowfish");
    await until(alice, () => bodies(alice, jid).length === 1);
    // Who allows it no more writes nothing with it.
    await bob.setGroupSuites(jid, null);
    await assert.rejects(bob.sendToGroup(jid, "x"), { code: "no-common-suite" });
    await bob.setGroupSuites(null, ["lsim-2003", "aes-256-gcm"]);
    assert.deepEqual(only(bob)!.suites.allowed, ["aes-256-gcm", "lsim-2003"]);
    await bob.sendToGroup(jid, "again");
    await until(alice, () => bodies(alice, jid).length === 2);
    await assert.rejects(bob.setGroupSuites(jid, []), { code: "bad-input" });
  }));

Deno.test("who carries the server of a group's room is named as who runs it", () =>
  withParty(["Bob"], async (party) => {
    const jid = await meet(party, ["Bob"]);
    assert.equal(only(party.app("Alice"))!.ownServer, true);
    assert.equal(only(party.app("Bob"))!.ownServer, false);
    assert.ok(lines(party.app("Bob"), jid).length > 0);
  }));
