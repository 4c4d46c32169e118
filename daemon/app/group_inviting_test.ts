import assert from "node:assert/strict";
import { bodies, bring, lines, meet, only, until, withParty } from "./testing_party.ts";

Deno.test("who was expelled and is invited anew has an invitation, keeps what was said, and comes in", () =>
  withParty(["Bob"], async (party) => {
    const [alice, bob] = [party.app("Alice"), party.app("Bob")];
    const jid = await meet(party, ["Bob"]);
    await alice.sendToGroup(jid, "before");
    await until(bob, () => bodies(bob, jid).length === 1);
    await alice.expelFromGroup(jid, party.jid("Bob"));
    await until(bob, () => only(bob)?.state === "out");

    await alice.inviteToGroup(jid, party.jid("Bob"), { reason: "come back" });
    await until(bob, () => only(bob)?.state === "invited");
    assert.equal(only(bob)!.invitation?.reason, "come back");
    assert.equal(bodies(bob, jid).length, 1);
    const declined = await bob.answerGroup(jid, "decline");
    assert.deepEqual([declined.state, declined.invitation], ["out", null]);
    assert.equal(bodies(bob, jid).length, 1);

    await bring(party, jid, "Bob");
    await alice.sendToGroup(jid, "after");
    await until(bob, () => bodies(bob, jid).length === 2);
    await bob.sendToGroup(jid, "here again");
    await until(alice, () => bodies(alice, jid).length === 3);
    assert.equal(only(bob)!.invitation, null);
  }));

Deno.test("who invited is told what is answered, and takes back what was not accepted", () =>
  withParty(["Bob", "Carol"], async (party) => {
    const [alice, bob, carol] = [party.app("Alice"), party.app("Bob"), party.app("Carol")];
    const { jid } = await alice.createGroup({ name: "Circle" });
    const waiting = () => only(alice)!.admitted.map(({ jid, answer }) => [jid, answer]);
    await alice.inviteToGroup(jid, party.jid("Bob"));
    assert.deepEqual(waiting(), [[party.jid("Bob"), null]]);
    await until(bob, () => only(bob)?.state === "invited");
    await bob.answerGroup(jid, "later");
    await until(alice, () => waiting()[0]?.[1] === "later");
    await bob.answerGroup(jid, "decline");
    await until(alice, () => waiting()[0]?.[1] === "declined");
    assert.deepEqual(lines(alice, jid).slice(-2), [
      "Bob put the invitation aside, to answer later.",
      "Bob declined the invitation: invite them again, or withdraw it.",
    ]);
    await alice.withdrawFromGroup(jid, party.jid("Bob"));
    assert.deepEqual(waiting(), []);

    // Who leaves what they were only invited to has declined; their role stood in the invitation.
    await alice.inviteToGroup(jid, party.jid("Bob"), { role: "listener" });
    await until(bob, () => only(bob)?.state === "invited");
    assert.equal(only(bob)!.invitation!.role, "listener");
    await bob.leaveGroup(jid);
    await until(alice, () => waiting()[0]?.[1] === "declined");
    assert.equal(only(bob), undefined);
    await alice.withdrawFromGroup(jid, party.jid("Bob"));
    await assert.rejects(alice.withdrawFromGroup(jid, party.jid("Bob")), { code: "not-invited" });

    // Taken back after it came, and before it was accepted.
    await alice.inviteToGroup(jid, party.jid("Carol"));
    await until(carol, () => only(carol)?.state === "invited");
    await alice.withdrawFromGroup(jid, party.jid("Carol"));
    await assert.rejects(carol.answerGroup(jid, "accept"));
    await alice.inviteToGroup(jid, party.jid("Carol"));
    await until(carol, () => only(carol)?.state === "invited");
    await carol.answerGroup(jid, "accept");
    await until(carol, () => only(carol)?.state === "in");
    await assert.rejects(alice.withdrawFromGroup(jid, party.jid("Carol")), { code: "is-member" });

    // Who came in is waited for no more, and does not stand there again after leaving.
    await carol.leaveGroup(jid);
    await until(alice, () => only(alice)!.members.length === 1);
    assert.deepEqual(waiting(), []);
  }));

Deno.test("what a group cannot be called, and whom one cannot invite, is said, and nothing is made", () =>
  withParty([], async (party) => {
    const alice = party.app("Alice");
    for (const name of ["", "  ", "x".repeat(101), "evil\u202ename", "two\nlines"]) {
      await assert.rejects(alice.createGroup({ name }), {
        code: "bad-input",
        publicMessage: /^A group's name has 1 to 100 characters/,
      });
    }
    await assert.rejects(alice.createGroup({ name: "X", server: "no domain!" }), {
      publicMessage: /^"no domain!" is no domain of a server with rooms/,
    });
    const keyServer = { jid: "bad@@jid", key: "ab".repeat(32) };
    await assert.rejects(alice.createGroup({ name: "X", keyServer }), { code: "bad-jid" });
    await assert.rejects(alice.createGroup({ name: "X", registrars: ["foo"] }), {
      code: "bad-input",
    });
    assert.deepEqual([alice.groups(), alice.rooms()], [[], []]);
    const { jid } = await alice.createGroup({ name: "Circle" });
    await assert.rejects(alice.inviteToGroup(jid, party.jid("Alice")), {
      publicMessage: /your own address/,
    });
    await assert.rejects(alice.inviteToGroup(jid, "nobody"), { code: "bad-jid" });
    await assert.rejects(alice.inviteToGroup(jid, "eve@example.org"), { code: "unknown-contact" });
    assert.deepEqual(only(alice)!.admitted, []);
  }));
