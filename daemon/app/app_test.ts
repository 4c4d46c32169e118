import assert from "node:assert/strict";
import { join } from "node:path";
import type { AppEvent } from "../views/mod.ts";
import { App } from "./gate.ts";

/** Two daemons on state directories of their own; the second one joins by the first one's link. */
async function withCouple(work: (alice: App, bob: App) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-app-" });
  const apps: App[] = [];
  try {
    for (const name of ["alice", "bob"]) {
      apps.push(await App.open({ state: join(root, name), callHosts: ["127.0.0.1"] }));
    }
    const [alice, bob] = apps as [App, App];
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    await bob.join({ link: (await alice.invite()).link, nick: "Bob" });
    await until(alice, () => alice.contacts().some(({ presence }) => presence === "online"));
    await until(bob, () => bob.contacts().some(({ presence }) => presence === "online"));
    await work(alice, bob);
  } finally {
    for (const app of apps.reverse()) await app.close();
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

Deno.test("two people meet by an invitation and write to each other", () =>
  withCouple(async (alice, bob) => {
    const bobJid = bob.status().account!.jid;
    const aliceJid = alice.status().account!.jid;
    assert.equal(bob.contacts()[0]!.name, "Alice", "as the invitation says, before any message");
    const sent = await alice.sendMessage(bobJid, "Hello Bob");
    assert.equal(sent.delivery, "pending");
    await until(bob, () => bob.messages(aliceJid).length === 1);
    assert.equal(bob.messages(aliceJid)[0]!.body, "Hello Bob");
    assert.equal(bob.messages(aliceJid)[0]!.suite, "simpp-pq");
    await until(alice, () => alice.messages(bobJid)[0]!.delivery === "delivered");
    await until(alice, () => alice.contacts()[0]!.trust.mutual);
    await until(bob, () => bob.contacts()[0]!.trust.mutual);
    assert.equal(bob.contacts()[0]!.unread, 1);
    await bob.markRead(aliceJid);
    assert.equal(bob.contacts()[0]!.unread, 0);
    const { number } = await alice.safety(bobJid);
    assert.equal((await bob.safety(aliceJid)).number, number);
    assert.equal((await alice.verify(bobJid, { number })).trust.state, "verified");

    const proved = (app: App, jid: string) =>
      app.messages(jid).filter(({ kind, body }) =>
        kind === "notice" && /proved yourselves to each other/.test(body)
      ).length;
    await until(alice, () => proved(alice, bobJid) === 1);
    await until(bob, () => proved(bob, aliceJid) === 1);
    // Another session proves both sides anew; that is not news any more.
    await alice.setPolicy(bobJid, ["simpp-modern"]);
    await alice.sendMessage(bobJid, "by another suite");
    await until(alice, () => alice.contacts()[0]!.trust.suite === "simpp-modern");
    await until(alice, () => alice.messages(bobJid).at(-1)!.delivery === "delivered");
    await until(bob, () => bob.contacts()[0]!.trust.mutual);
    assert.deepEqual([proved(alice, bobJid), proved(bob, aliceJid)], [1, 1]);
  }));

Deno.test("a call between the two runs both ways, with tags verified and nothing unopened", () =>
  withCouple(async (alice, bob) => {
    const bobJid = bob.status().account!.jid;
    const options = { camera: "test", size: "320x240", fps: 15 };
    const { id } = await alice.startCall(bobJid, options);
    await until(bob, () => bob.calls().some(({ state }) => state === "ringing"));
    await bob.acceptCall(id, options);
    for (const app of [alice, bob]) {
      await until(app, () => app.call(id).state === "active");
      await until(app, () => (app.call(id).info?.receive.frames ?? 0) > 10);
      const info = app.call(id).info!;
      assert.equal(info.tags.verified, true);
      assert.equal(info.receive.openFailures, 0);
      assert.equal(info.suite, "simpp-pq");
    }
    await alice.hangUp(id);
    await until(bob, () => bob.call(id).state === "ended");
    assert.equal(bob.call(id).reason, "hangup");
  }));

Deno.test("where the server names no relay, relay-only says so at once and nobody's device rings", () =>
  withCouple(async (alice, bob) => {
    const status = await alice.setCallRoute("relay-only");
    assert.deepEqual([status.calls, status.relay], ["relay-only", false]);
    const bobJid = bob.status().account!.jid;
    await assert.rejects(alice.startCall(bobJid, { camera: "test" }), { code: "no-relay" });
    await alice.setCallRoute("any");
    await bob.setCallRoute("relay-only");
    const { id } = await alice.startCall(bobJid, { camera: "test", size: "320x240" });
    await until(bob, () => bob.calls().some(({ state }) => state === "ringing"));
    await assert.rejects(bob.acceptCall(id, { camera: "test" }), { code: "no-relay" });
    assert.equal(bob.call(id).state, "ringing", "it can be taken once calls go by any way");
    await alice.hangUp(id);
  }));

Deno.test("a correction replaces the text on both sides, and typing is shown", () =>
  withCouple(async (alice, bob) => {
    const bobJid = bob.status().account!.jid;
    const aliceJid = alice.status().account!.jid;
    const { id } = await alice.sendMessage(bobJid, "Meet at nin");
    await until(alice, () => alice.messages(bobJid)[0]!.delivery === "delivered");
    await alice.correctMessage(bobJid, id, "Meet at nine");
    await until(bob, () => bob.messages(aliceJid)[0]!.body === "Meet at nine");
    await until(alice, () => alice.messages(bobJid)[0]!.delivery === "delivered");
    for (const [app, peer] of [[alice, bobJid], [bob, aliceJid]] as const) {
      assert.equal(app.messages(peer).filter(({ kind }) => kind === "chat").length, 1);
      assert.equal(app.messages(peer)[0]!.edited, true);
    }
    await assert.rejects(bob.correctMessage(aliceJid, id, "not mine"), {
      code: "unknown-message",
    });
    await alice.setTyping(bobJid, true);
    await until(bob, () => bob.contacts()[0]!.typing);
    await alice.setTyping(bobJid, false);
    await until(bob, () => !bob.contacts()[0]!.typing);
  }));

Deno.test("one on simpp-2009, one without: nothing is sent, and both agree once both allow it", () =>
  withCouple(async (alice, bob) => {
    const bobJid = bob.status().account!.jid;
    const aliceJid = alice.status().account!.jid;
    await alice.setPolicy(bobJid, ["simpp-2009"]);
    await alice.sendMessage(bobJid, "in the paper's way");
    await until(alice, () => alice.messages(bobJid)[0]!.delivery === "failed");
    assert.equal(alice.messages(bobJid)[0]!.problem!.code, "no-common-suite");
    await until(bob, () => bob.messages(aliceJid).some(({ kind }) => kind === "security"));
    assert.equal(bob.messages(aliceJid).filter(({ kind }) => kind === "chat").length, 0);
    await bob.setPolicy(aliceJid, ["simpp-2009"]);
    await alice.sendMessage(bobJid, "again");
    await until(bob, () => bob.messages(aliceJid).some(({ body }) => body === "again"));
    assert.equal(alice.contacts()[0]!.trust.suite, "simpp-2009");
  }));

Deno.test("a message that cannot be sent is refused at once and holds up no other", () =>
  withCouple(async (alice, bob) => {
    const bobJid = bob.status().account!.jid;
    const aliceJid = alice.status().account!.jid;
    const lone = String.fromCharCode(0xd800);
    for (const body of [`a${String.fromCharCode(1)}b`, lone, "", " ", "x".repeat(10_001)]) {
      await assert.rejects(alice.sendMessage(bobJid, body), { code: "bad-input" });
    }
    await alice.sendMessage(bobJid, "z".repeat(10_000));
    await alice.sendMessage(bobJid, "after");
    await until(bob, () => bob.messages(aliceJid).some(({ body }) => body === "after"));
    assert.equal(bob.messages(aliceJid)[0]!.body.length, 10_000);
  }));

Deno.test("an invitation that names other keys, or was revoked, is refused while joining", async () => {
  const root = await Deno.makeTempDir({ prefix: "simppd-app-" });
  const alice = await App.open({ state: join(root, "alice") });
  const bob = await App.open({ state: join(root, "bob") });
  try {
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    const { link } = await alice.invite();
    const other = new Uint8Array(32).fill(7).toBase64({ alphabet: "base64url", omitPadding: true });
    const forged = link.replace(/account=[^;]+/, `account=${other}`);
    await assert.rejects(bob.join({ link: forged, nick: "Bob" }), { code: "not-trusted" });
    assert.equal(bob.status().state, "none");
    const revoked = await alice.invite();
    const [open, ...others] = await alice.invitations();
    assert.deepEqual([open!.inviter, others], [alice.status().account!.jid, []]);
    await alice.revokeInvitation(open!.id);
    assert.deepEqual(await alice.invitations(), []);
    await assert.rejects(bob.join({ link: revoked.link, nick: "Bob" }), {
      code: "invitation-used",
    });
    await bob.join({ link: (await alice.invite()).link, nick: "Bob" });
  } finally {
    await bob.close();
    await alice.close();
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("blocking ends the call and hides us; unblocking brings everything back", () =>
  withCouple(async (alice, bob) => {
    const bobJid = bob.status().account!.jid;
    const options = { camera: "test", size: "320x240", fps: 15 };
    const { id } = await alice.startCall(bobJid, options);
    await until(bob, () => bob.calls().some(({ state }) => state === "ringing"));
    await bob.acceptCall(id, options);
    await until(alice, () => alice.call(id).state === "active");
    await alice.changeContact(bobJid, { blocked: true });
    assert.equal(alice.call(id).state, "ended");
    await until(bob, () => bob.call(id).state === "ended");
    await until(bob, () => bob.contacts()[0]!.presence === "offline");
    await alice.changeContact(bobJid, { blocked: false });
    await until(bob, () => bob.contacts()[0]!.presence === "online");
    assert.equal(alice.contacts()[0]!.subscription, "both");
    await bob.sendMessage(alice.status().account!.jid, "back again");
    await until(alice, () => alice.messages(bobJid).some(({ body }) => body === "back again"));
  }));

Deno.test("numbers that differ stop sending until the keys are accepted again", () =>
  withCouple(async (alice, bob) => {
    const bobJid = bob.status().account!.jid;
    const { number } = await alice.safety(bobJid);
    await alice.verify(bobJid, { number });
    assert.equal((await alice.decideChange(bobJid, false)).trust.state, "changed");
    const { id } = await alice.sendMessage(bobJid, "not to you");
    const find = () => alice.messages(bobJid).find((message) => message.id === id)!;
    await until(alice, () => find().delivery === "failed");
    assert.equal(find().problem!.code, "keys-changed");
    assert.equal((await alice.decideChange(bobJid, true)).trust.state, "first-use");
    await alice.sendMessage(bobJid, "again");
    const aliceJid = alice.status().account!.jid;
    await until(bob, () => bob.messages(aliceJid).some(({ body }) => body === "again"));
  }));
