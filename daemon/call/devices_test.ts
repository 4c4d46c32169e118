import assert from "node:assert/strict";
import { el } from "../xmpp/core/mod.ts";
import { encodeSignal } from "./codec.ts";
import { MOST_RINGING, PROPOSALS_A_MINUTE } from "./limits.ts";
import { CALL_NS } from "./signal.ts";
import { Device, intoCall, OFF, waitFor, withPair } from "./testbed.ts";

Deno.test("a call taken on one device stops ringing on the others", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    const tablet = new Device(signalling, bob.jid, "b2");
    const { id } = await alice.calls.start(bob.jid, OFF);
    await bob.when(({ state }) => state === "ringing");
    await tablet.when(({ state }) => state === "ringing");
    await tablet.calls.accept(id, OFF);
    const stopped = await bob.when(({ state }) => state === "ended");
    assert.equal(stopped.reason, "answered-elsewhere");
    await alice.when(({ state }) => state === "active");
    assert.equal((await tablet.when(({ state }) => state === "active")).state, "active");
    assert.equal(bob.lines.filter(({ kind }) => kind === "missed-call").length, 0);
  });
});

Deno.test("two devices that accept at once: one has the call, the other stops", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    const tablet = new Device(signalling, bob.jid, "b2");
    // Neither hears of the other directly: only the caller can tell.
    signalling.spoil = (it) => it.content.is("taken") && it.from.jid === bob.jid ? undefined : it;
    const { id } = await alice.calls.start(bob.jid, OFF);
    await bob.when(({ state }) => state === "ringing");
    await tablet.when(({ state }) => state === "ringing");
    await Promise.all([bob.calls.accept(id, OFF), tablet.calls.accept(id, OFF)]);
    await alice.when(({ state }) => state === "active");
    const states = await waitFor(() => {
      const states = [bob.newest, tablet.newest].map(({ state, reason }) => reason ?? state).sort();
      return states.includes("connecting") ? undefined : states;
    }, "both devices to settle");
    assert.deepEqual(states, ["active", "answered-elsewhere"]);
    assert.deepEqual(alice.security, []);
  });
});

Deno.test("a call declined on one device stops ringing on the others", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    const tablet = new Device(signalling, bob.jid, "b2");
    const { id } = await alice.calls.start(bob.jid, OFF);
    await tablet.when(({ state }) => state === "ringing");
    await bob.when(({ state }) => state === "ringing");
    bob.calls.decline(id);
    assert.equal((await tablet.when(({ state }) => state === "ended")).reason, "declined");
    assert.equal((await alice.when(({ state }) => state === "ended")).reason, "declined");
    assert.equal(tablet.lines.filter(({ kind }) => kind === "missed-call").length, 0);
  });
});

Deno.test("who is in a call is busy for a third, and learns of the call", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    const carol = new Device(signalling, "carol@example.org", "c1");
    const id = await intoCall(alice, bob);
    await carol.calls.start(bob.jid, OFF);
    const ended = await carol.when(({ state }) => state === "ended");
    assert.equal(ended.reason, "busy");
    assert.equal(ended.detail, "bob is in another call.");
    assert.deepEqual(bob.lines.map(({ kind }) => kind), ["missed-call"]);
    assert.equal(bob.calls.get(id).state, "active");
  });
});

Deno.test("both call at once: exactly one call results, the one with the smaller id", async () => {
  for (let i = 0; i < 4; i++) {
    await withPair({}, async ({ alice, bob }) => {
      const [a, b] = await Promise.all([
        alice.calls.start(bob.jid, OFF),
        bob.calls.start(alice.jid, { ...OFF, fps: 20 }),
      ]);
      const active = await waitFor(() => {
        const [left, right] = [alice.living, bob.living];
        return left?.state === "active" && right?.state === "active" ? [left, right] : undefined;
      }, "one call");
      const id = a.id < b.id ? a.id : b.id;
      assert.deepEqual(active.map((call) => call.id), [id, id]);
      assert.deepEqual(active.map(({ options }) => options.fps), [15, 20], "each its own camera");
      assert.deepEqual([...alice.lines, ...bob.lines], []);
    });
  }
});

Deno.test("calling somebody whose call rings here accepts it", async () => {
  await withPair({}, async ({ alice, bob }) => {
    const { id } = await alice.calls.start(bob.jid, OFF);
    await bob.when(({ state }) => state === "ringing");
    assert.equal((await bob.calls.start(alice.jid, OFF)).id, id);
    await alice.when(({ state }) => state === "active");
  });
});

Deno.test("a device that has no part in a call cannot end it, and is shown", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    const id = await intoCall(alice, bob);
    const finish = encodeSignal({ kind: "finish", id, reason: "hangup" });
    for (const jid of ["mallory@example.org", bob.jid]) {
      alice.calls.receive({ jid, device: "f0" }, finish, Date.now());
      assert.equal(alice.calls.get(id).state, "active");
    }
    assert.deepEqual(alice.security.map(({ code }) => code), ["foreign-device", "foreign-device"]);
    bob.calls.receive({ jid: alice.jid, device: "f0" }, finish, Date.now());
    assert.equal(bob.calls.get(id).state, "active");
    assert.equal(bob.security.length, 1);
    assert.equal(bob.lines.filter(({ kind }) => kind === "security").length, 1);
    assert.equal(signalling.devices.length, 2);
  });
});

Deno.test("every signal twice makes the same call as every signal once", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    signalling.spoil = (it) => {
      const device = it.to.jid === alice.jid ? alice : bob;
      device.calls.receive(it.from, it.content, Date.now());
      return it;
    };
    const id = await intoCall(alice, bob);
    alice.calls.hangUp(id);
    assert.equal((await bob.when(({ state }) => state === "ended")).reason, "hangup");
    assert.deepEqual(alice.calls.list().length + bob.calls.list().length, 2);
    assert.deepEqual([...alice.lines, ...bob.lines].map(({ kind }) => kind), ["call", "call"]);
    assert.deepEqual([...alice.security, ...bob.security], []);
  });
});

Deno.test("what is no signal, or of an unknown call, changes nothing", async () => {
  await withPair({}, async ({ alice, bob }) => {
    const id = await intoCall(alice, bob);
    const from = { jid: bob.jid, device: bob.device };
    const before = JSON.stringify(alice.calls.get(id).state);
    for (
      const content of [
        el("finish", { xmlns: CALL_NS, id }),
        el("finish", { xmlns: CALL_NS, id: "zz", reason: "hangup" }),
        el("finish", { xmlns: CALL_NS, id: "f".repeat(32), reason: "hangup" }),
        el("finish", { xmlns: "urn:other", id, reason: "hangup" }),
        el("dance", { xmlns: CALL_NS, id }),
        el("accept", { xmlns: CALL_NS, id, time: "1", suite: "1", codec: "1" }),
      ]
    ) {
      alice.calls.receive(from, content, Date.now());
    }
    assert.equal(JSON.stringify(alice.calls.get(id).state), before);
    assert.equal(alice.calls.list().length, 1);
  });
});

Deno.test("only so many calls ring at once, and a contact can propose only so often", async () => {
  await withPair({}, async ({ bob, signalling }) => {
    let serial = 0;
    const propose = (jid: string) => {
      const id = (serial++).toString(16).padStart(32, "0");
      const signal = { kind: "propose", id, time: Date.now(), suites: [1], codecs: [1] } as const;
      const content = encodeSignal({ ...signal, suites: [1], codecs: [1] });
      bob.calls.receive({ jid, device: "d" }, content, Date.now());
    };
    for (let i = 0; i < MOST_RINGING + 2; i++) propose(`p${i}@example.org`);
    const ringing = () => bob.calls.list().filter(({ state }) => state === "ringing");
    assert.equal(ringing().length, MOST_RINGING);
    for (let i = 0; i < PROPOSALS_A_MINUTE * 3; i++) propose("p0@example.org");
    assert.equal(ringing().length, MOST_RINGING, "a contact's new call takes its old one's place");
    const ofOne = bob.calls.list().filter(({ contact }) => contact === "p0@example.org");
    assert.equal(ofOne.length, PROPOSALS_A_MINUTE);
    assert(signalling.carried.length < 100);
    await Promise.resolve();
  });
});
