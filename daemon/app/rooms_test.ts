import assert from "node:assert/strict";
import { join } from "node:path";
import type { AppEvent, RoomView } from "../views/mod.ts";
import { App } from "./gate.ts";

const PLAIN = { plain: true };

interface Bed {
  readonly alice: App;
  readonly bob: App;
  /** Ends Bob's daemon and starts it again on the same state directory. */
  restartBob(): Promise<App>;
}

/** Alice carries a server, Bob joins it. */
async function withCouple(work: (bed: Bed) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-rooms-" });
  const open = (name: string) => App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
  const alice = await open("alice");
  let bob = await open("bob");
  try {
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    await bob.join({ link: (await alice.invite()).link, nick: "Bob" });
    await until(alice, () => alice.contacts().some(({ presence }) => presence === "online"));
    await work({
      alice,
      bob,
      async restartBob() {
        await bob.close();
        bob = await open("bob");
        await until(bob, () => bob.status().state === "online");
        return bob;
      },
    });
  } finally {
    await bob.close();
    await alice.close();
    await Deno.remove(root, { recursive: true });
  }
}

/** Waits until `condition` holds, looking again at each event; fails after 10 s. */
function until(app: App, condition: () => boolean): Promise<AppEvent | undefined> {
  if (condition()) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const stop = app.events.on((event) => {
      if (!condition()) return;
      clearTimeout(timer);
      stop();
      resolve(event);
    });
    const timer = setTimeout(() => {
      stop();
      reject(new Error("it did not happen within 10 s"));
    }, 10_000);
  });
}

const only = (app: App): RoomView | undefined => app.rooms()[0];
const bodies = (app: App, jid: string) =>
  app.roomMessages(jid).filter(({ kind }) => kind === "chat").map(({ nick, mine, body }) =>
    `${mine ? ">" : "<"} ${nick}: ${body}`
  );

/** Alice makes a room and Bob accepts her invitation. @returns its address */
async function meet({ alice, bob }: Bed): Promise<string> {
  const { jid } = await alice.createRoom({ name: "Book club", ...PLAIN });
  await alice.inviteToRoom(jid, bob.status().account!.jid, "Tuesdays");
  await until(bob, () => only(bob)?.state === "invited");
  await bob.answerRoom(jid, { answer: "accept", ...PLAIN });
  await until(alice, () => alice.roomMembers(jid).some(({ nick }) => nick === "Bob"));
  return jid;
}

Deno.test("a room is made, one is invited, puts it aside, accepts; both write and see each other", () =>
  withCouple(async (bed) => {
    const { alice, bob } = bed;
    const [aliceJid, bobJid] = [alice, bob].map((app) => app.status().account!.jid) as [
      string,
      string,
    ];
    await assert.rejects(alice.createRoom({ name: "Book club" }), { code: "room-not-encrypted" });
    const made = await alice.createRoom({ name: "Book club", ...PLAIN });
    const { jid } = made;
    assert.deepEqual(
      [made.state, made.name, made.encryption, made.nick, made.affiliation, made.nonAnonymous],
      ["in", "Book club", "none", "Alice", "owner", true],
    );
    assert.match(jid, /^book-club-[a-z0-9]{6}@/);

    await alice.inviteToRoom(jid, bobJid, "Tuesdays");
    await until(bob, () => only(bob)?.state === "invited");
    assert.deepEqual(
      { ...only(bob)!.invitation, at: 0 },
      { from: aliceJid, reason: "Tuesdays", mediated: false, at: 0, later: false },
    );
    assert.equal((await bob.answerRoom(jid, { answer: "later" })).invitation?.later, true);
    await assert.rejects(bob.answerRoom(jid, { answer: "accept" }), { code: "room-not-encrypted" });
    await bob.answerRoom(jid, { answer: "accept", ...PLAIN });
    await until(bob, () => only(bob)?.name === "Book club" && only(bob)?.occupants === 2);
    await assert.rejects(bob.answerRoom(jid, { answer: "later" }), { code: "unknown-invitation" });

    const sent = await bob.sendToRoom(jid, "Hello alice, here I am");
    assert.deepEqual([sent.delivery, sent.encryption], ["pending", "none"]);
    await until(bob, () => bob.roomMessages(jid).at(-1)?.delivery === "sent");
    await until(alice, () => alice.roomMessages(jid).some(({ kind }) => kind === "chat"));
    await alice.sendToRoom(jid, "Welcome");
    await until(bob, () => bodies(bob, jid).length === 2);
    assert.deepEqual(bodies(bob, jid), ["> Bob: Hello alice, here I am", "< Alice: Welcome"]);
    assert.deepEqual(bodies(alice, jid), ["< Bob: Hello alice, here I am", "> Alice: Welcome"]);
    const heard = alice.roomMessages(jid).find(({ kind }) => kind === "chat")!;
    assert.deepEqual([heard.jid, heard.mention], [bobJid, true]);
    assert.deepEqual([only(alice)!.unread, only(alice)!.mentions], [1, 1]);
    await alice.markRoomRead(jid);
    assert.deepEqual([only(alice)!.unread, only(alice)!.mentions], [0, 0]);
    assert.deepEqual(
      alice.roomMembers(jid).map(({ nick, jid, affiliation, presence, self }) =>
        [nick, jid, affiliation, presence, self].join(" ")
      ),
      [`Alice ${aliceJid} owner online true`, `Bob ${bobJid} member online false`],
    );
    // Nothing of a room stands in a chat, and no chat in a room.
    assert.equal(alice.messages(bobJid).some(({ kind }) => kind === "chat"), false);
    await assert.rejects(alice.addContact({ jid }), { code: "bad-jid" });
    await assert.rejects(alice.joinRoom({ jid: bobJid, ...PLAIN }), { code: "room-is-person" });
    await alice.changeRoom(jid, { subject: "Chapter nine" });
    await until(bob, () => only(bob)?.subject === "Chapter nine");
  }));

Deno.test("after a restart one is in the room again, and what was missed is there, once, unread", () =>
  withCouple(async (bed) => {
    const { alice } = bed;
    const jid = await meet(bed);
    await alice.sendToRoom(jid, "one");
    await until(bed.bob, () => bodies(bed.bob, jid).length === 1);
    await bed.bob.markRoomRead(jid);
    const restarting = bed.restartBob();
    await until(alice, () => only(alice)!.occupants === 1);
    assert.equal(alice.roomMembers(jid).at(-1)?.presence, "offline");
    await alice.sendToRoom(jid, "two");
    const bob = await restarting;
    await until(bob, () => only(bob)?.state === "in" && bodies(bob, jid).length === 2);
    await alice.sendToRoom(jid, "three");
    await until(bob, () => bodies(bob, jid).length === 3);
    assert.deepEqual(bodies(bob, jid), ["< Alice: one", "< Alice: two", "< Alice: three"]);
    await until(bob, () => only(bob)!.unread === 2);
  }));

Deno.test("who is shown out is told, stays out, and may come back; who is banned may not", () =>
  withCouple(async (bed) => {
    const { alice, bob } = bed;
    const jid = await meet(bed);
    const bobJid = bob.status().account!.jid;
    await assert.rejects(bob.changeRoomMember(jid, { nick: "Alice", role: "none" }));
    await alice.changeRoomMember(jid, { nick: "Bob", role: "none", reason: "manners" });
    await until(bob, () => only(bob)?.state === "out");
    assert.equal(only(bob)!.problem?.code, "room-kicked");
    assert.match(only(bob)!.problem!.message, /manners/);
    assert.match(alice.roomMessages(jid).at(-1)!.body, /^Bob was removed/);
    await assert.rejects(bob.sendToRoom(jid, "let me in"), { code: "not-in-room" });
    assert.equal((await bob.joinRoom({ jid, ...PLAIN })).state, "in");
    await until(alice, () => only(alice)!.occupants === 2);
    await alice.changeRoomMember(jid, { jid: bobJid, affiliation: "outcast" });
    await until(bob, () => only(bob)?.problem?.code === "room-banned");
    await assert.rejects(bob.joinRoom({ jid, ...PLAIN }), { code: "room-forbidden" });
    await bob.leaveRoom(jid);
    assert.deepEqual(bob.rooms(), []);
  }));

Deno.test("an invitation that was declined is gone; a room that is ended is gone for both", () =>
  withCouple(async (bed) => {
    const { alice, bob } = bed;
    const { jid } = await alice.createRoom({ name: "…", ...PLAIN });
    const bobJid = bob.status().account!.jid;
    await alice.inviteToRoom(jid, bobJid);
    await until(bob, () => only(bob)?.state === "invited");
    await bob.answerRoom(jid, { answer: "decline" });
    assert.deepEqual(bob.rooms(), []);
    // Asked again, they are not pestered; but they may come by themselves.
    await alice.inviteToRoom(jid, bobJid);
    assert.equal((await bob.joinRoom({ jid, ...PLAIN })).state, "in");
    await alice.destroyRoom(jid, "read it all");
    assert.deepEqual(alice.rooms(), []);
    await until(bob, () => only(bob)?.problem?.code === "room-destroyed");
    await assert.rejects(bob.joinRoom({ jid, ...PLAIN }), { code: /room/ });
  }));

Deno.test("another device of the account enters with the first one, and leaves with it", () =>
  withCouple(async (bed) => {
    const { alice, bob } = bed;
    const jid = await meet(bed);
    await alice.sendToRoom(jid, "before the other device");
    await until(bob, () => bodies(bob, jid).length === 1);
    await bob.setPassword("another device's password");
    const { port, pin } = alice.status().server!;
    const state = await Deno.makeTempDir({ prefix: "simppd-rooms-other-" });
    const other = await App.open({ state, callHosts: ["127.0.0.1"] });
    try {
      await other.signIn({
        jid: bob.status().account!.jid,
        password: "another device's password",
        nick: "Bob",
        server: `127.0.0.1:${port}`,
        pin,
      });
      await until(other, () => only(other)?.state === "in" && bodies(other, jid).length === 1);
      // What was said before one was there is no news.
      assert.equal(only(other)!.unread, 0);
      await bob.sendToRoom(jid, "from the first");
      await until(other, () => bodies(other, jid).length === 2);
      assert.equal(bodies(other, jid)[1], "> Bob: from the first");
      await bob.leaveRoom(jid);
      await until(other, () => only(other)?.problem?.code === "room-left-elsewhere");
      await until(alice, () => only(alice)!.occupants === 1);
    } finally {
      await other.close();
      await Deno.remove(state, { recursive: true });
    }
  }));

Deno.test("what was said in a room is corrected once the room repeats it, by who said it alone", () =>
  withCouple(async (bed) => {
    const { alice, bob } = bed;
    const jid = await meet(bed);
    const { id } = await alice.sendToRoom(jid, "helo");
    await until(alice, () => alice.roomMessages(jid).at(-1)?.delivery === "sent");
    await until(bob, () => bodies(bob, jid).length === 1);
    const corrected = await alice.correctInRoom(jid, id, "hello, Bob");
    assert.deepEqual([corrected.body, corrected.edited, corrected.id], ["hello, Bob", true, id]);
    await until(bob, () => bob.roomMessages(jid).some(({ edited }) => edited));
    assert.deepEqual(bodies(bob, jid), ["< Alice: hello, Bob"]);
    const heard = bob.roomMessages(jid).find(({ kind }) => kind === "chat")!;
    assert.equal(heard.mention, true);
    await assert.rejects(bob.correctInRoom(jid, heard.id, "forged"), { code: "unknown-message" });
    await assert.rejects(alice.correctInRoom(jid, id, ""), { code: "bad-input" });
    // Who comes back finds it as it was corrected, once.
    const again = await bed.restartBob();
    await until(again, () => only(again)?.state === "in");
    await alice.sendToRoom(jid, "next");
    await until(again, () => bodies(again, jid).length === 2);
    assert.deepEqual(bodies(again, jid), ["< Alice: hello, Bob", "< Alice: next"]);
  }));

Deno.test("who is writing in a room is told there, and is over with what was written", () =>
  withCouple(async (bed) => {
    const { alice, bob } = bed;
    const jid = await meet(bed);
    await bob.setRoomTyping(jid, true);
    await until(alice, () => only(alice)!.typing.includes("Bob"));
    assert.deepEqual(only(bob)!.typing, []);
    await bob.sendToRoom(jid, "here it is");
    await until(alice, () => only(alice)!.typing.length === 0);
    await bob.setRoomTyping(jid, false);
    await bob.setRoomTyping(jid, true);
    await until(alice, () => only(alice)!.typing.includes("Bob"));
    bob.leaveRoom(jid);
    await until(alice, () => only(alice)!.typing.length === 0);
    // Nothing of it is stored.
    assert.deepEqual(bodies(alice, jid), ["< Bob: here it is"]);
  }));

Deno.test("a room is made open, moderated and with a password, which an invitation carries", () =>
  withCouple(async ({ alice, bob }) => {
    const options = { open: true, moderated: true, password: "sesame" };
    const { jid } = await alice.createRoom({ name: "Lectures", ...options, ...PLAIN });
    await assert.rejects(bob.joinRoom({ jid, ...PLAIN }), { code: "room-password" });
    const entered = await bob.joinRoom({ jid, password: "sesame", ...PLAIN });
    assert.equal(entered.role, "visitor");
    await assert.rejects(bob.sendToRoom(jid, "hello"), { code: "no-voice" });
    // Whom she invites is a member, and may speak.
    const bobJid = bob.status().account!.jid;
    await alice.inviteToRoom(jid, bobJid);
    await until(bob, () => only(bob)?.role === "participant");
    await bob.sendToRoom(jid, "I may speak");
    await until(alice, () => bodies(alice, jid).length === 1);
    const secret = await alice.createRoom({ name: "Secret", password: "open", ...PLAIN });
    await alice.inviteToRoom(secret.jid, bobJid);
    await until(bob, () => bob.rooms().some(({ state }) => state === "invited"));
    assert.equal((await bob.answerRoom(secret.jid, { answer: "accept", ...PLAIN })).state, "in");
  }));

Deno.test("who leaves a room at once is not brought back by the bookmark of having entered it", () =>
  withCouple(async ({ alice, bob }) => {
    const { jid } = await alice.createRoom({ name: "Hall", open: true, ...PLAIN });
    const left: AppEvent[] = [];
    bob.events.on((event) => void (event.type === "room-removed" && left.push(event)));
    for (let i = 0; i < 3; i++) {
      await bob.joinRoom({ jid, ...PLAIN });
      await bob.leaveRoom(jid);
    }
    assert.equal(left.length, 3);
    // An invitation is passed over in a room that one is in: by then all echoes have come.
    await alice.inviteToRoom(jid, bob.status().account!.jid);
    await until(bob, () => only(bob)?.state === "invited");
    await until(alice, () => only(alice)!.occupants === 1);
  }));
