import assert from "node:assert/strict";
import { bodies, bring, meet, only, until, withParty } from "./testing_party.ts";

Deno.test("a message in a group is corrected under the seal, here and there, for good", () =>
  withParty(["Bob", "Carol"], async (party) => {
    const [alice, bob] = [party.app("Alice"), party.app("Bob")];
    const jid = await meet(party, ["Bob"]);
    await bob.sendToGroup(jid, "meet at six");
    await until(bob, () => bob.roomMessages(jid).some(({ delivery }) => delivery === "sent"));
    await until(alice, () => bodies(alice, jid).length === 1);
    const { id } = bob.roomMessages(jid).find(({ mine }) => mine)!;
    const corrected = await bob.correctInGroup(jid, id, "meet at seven");
    assert.deepEqual(
      [corrected.id, corrected.body, corrected.edited, corrected.encryption],
      [id, "meet at seven", true, "keystone"],
    );
    await until(alice, () => bodies(alice, jid).includes("< Bob: meet at seven"));
    assert.equal(bodies(alice, jid).length, 1);
    // Again, and what it was called first is still what is corrected.
    await bob.correctInGroup(jid, id, "meet at eight");
    await until(alice, () => bodies(alice, jid).includes("< Bob: meet at eight"));
    await party.restart("Alice");
    const again = party.app("Alice");
    await until(again, () => only(again)?.state === "in");
    await again.sendToGroup(jid, "see you");
    await until(bob, () => bodies(bob, jid).length === 2);
    assert.deepEqual(bodies(again, jid), ["< Bob: meet at eight", "> Alice: see you"]);
    assert.deepEqual(bodies(bob, jid)[0], "> Bob: meet at eight");

    const theirs = again.roomMessages(jid).find(({ body }) => body === "meet at eight")!;
    await assert.rejects(again.correctInGroup(jid, theirs.id, "x"), { code: "unknown-message" });
    await assert.rejects(bob.correctInRoom(jid, id, "x"), { code: "room-is-group" });
    await bring(party, jid, "Carol");
    const carol = party.app("Carol");
    await until(carol, () => only(carol)?.members.length === 3);
    assert.deepEqual(bodies(carol, jid), []);
  }));

Deno.test("who writes in a group is seen by its members, and no more once they said it", () =>
  withParty(["Bob"], async (party) => {
    const [alice, bob] = [party.app("Alice"), party.app("Bob")];
    const jid = await meet(party, ["Bob"]);
    await until(bob, () => only(bob)!.members.length === 2);
    await bob.setGroupTyping(jid, true);
    await until(alice, () => only(alice)!.typing.join() === "Bob");
    await bob.setGroupTyping(jid, false);
    await until(alice, () => only(alice)!.typing.length === 0);
    await bob.setGroupTyping(jid, true);
    await until(alice, () => only(alice)!.typing.length === 1);
    await bob.sendToGroup(jid, "said");
    await until(alice, () => bodies(alice, jid).length === 1);
    assert.deepEqual(only(alice)!.typing, []);
    assert.deepEqual(only(bob)!.typing, []);
    assert.equal(only(alice)!.refused.length, 0);
  }));
