import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { sleep } from "../base/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import { UdpEndpoint } from "../p2p/mod.ts";
import { encodeSignal } from "./codec.ts";
import { CALL_NS } from "./signal.ts";
import { Device, intoCall, OFF, Signalling, TEST_CAMERA, waitFor, withPair } from "./testbed.ts";

Deno.test("hanging up while it rings cancels the call and leaves a missed call", async () => {
  await withPair({}, async ({ alice, bob }) => {
    const { id } = await alice.calls.start(bob.jid, OFF);
    await bob.when(({ state }) => state === "ringing");
    alice.calls.hangUp(id);
    assert.equal(alice.calls.get(id).reason, "cancelled");
    const ended = await bob.when(({ state }) => state === "ended");
    assert.equal(ended.reason, "cancelled");
    assert.equal(ended.detail, "alice stopped calling.");
    assert.deepEqual(bob.lines.map(({ kind }) => kind), ["missed-call"]);
    await assert.rejects(bob.calls.accept(id, OFF), { code: "call-over" });
  });
});

Deno.test("hanging up before any device rang is seen by it later, once", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    signalling.spoil = (it) => it.content.is("propose") ? undefined : it;
    const { id } = await alice.calls.start(bob.jid, OFF);
    alice.calls.hangUp(id);
    await waitFor(() => bob.lines[0], "the missed call");
    const missed = signalling.carried.find(({ content }) => content.is("missed"))!;
    assert.equal(missed.store, true);
    const { from, content } = missed;
    bob.calls.receive(from, content, Date.now());
    const propose = signalling.carried.find(({ content }) => content.is("propose"))!;
    bob.calls.receive(from, propose.content, Date.now());
    assert.deepEqual(bob.lines.map(({ kind }) => kind), ["missed-call"]);
    assert.equal(bob.living, undefined);
  });
});

Deno.test("hanging up at once after accepting ends both sides", async () => {
  for (const who of ["alice", "bob"] as const) {
    await withPair({}, async ({ alice, bob }) => {
      const { id } = await alice.calls.start(bob.jid, OFF);
      await bob.when(({ state }) => state === "ringing");
      await bob.calls.accept(id, OFF);
      if (who === "alice") await alice.when(({ state }) => state === "connecting");
      (who === "alice" ? alice : bob).calls.hangUp(id);
      await alice.when(({ state }) => state === "ended");
      await bob.when(({ state }) => state === "ended");
    });
  }
});

Deno.test("either side can end an active call, once", async () => {
  for (const who of ["alice", "bob"] as const) {
    await withPair({}, async (people) => {
      const { alice, bob } = people;
      const id = await intoCall(alice, bob);
      people[who].calls.hangUp(id);
      people[who].calls.hangUp(id);
      assert.equal((await alice.when(({ state }) => state === "ended")).reason, "hangup");
      assert.equal((await bob.when(({ state }) => state === "ended")).reason, "hangup");
      assert.equal(alice.lines.length, 1);
      assert.equal(bob.lines.length, 1);
    });
  }
});

Deno.test("closing the daemon in a call says goodbye", async () => {
  await withPair({}, async ({ alice, bob }) => {
    await intoCall(alice, bob);
    await alice.calls.close();
    assert.equal((await bob.when(({ state }) => state === "ended")).reason, "hangup");
  });
});

Deno.test("a peer whose network dies is lost", async () => {
  const signalling = new Signalling();
  let socket: UdpEndpoint | undefined;
  const alice = new Device(signalling, "alice@example.org", "a1", { silence: 500 });
  const bob = new Device(signalling, "bob@example.org", "b1", {}, {
    openEndpoint: async () => socket = await UdpEndpoint.open({ hosts: ["127.0.0.1"] }),
  });
  try {
    await intoCall(alice, bob);
    signalling.spoil = () => undefined;
    await socket?.close();
    const lost = await alice.when(({ state }) => state === "ended");
    assert.equal(lost.reason, "lost");
    assert.equal(lost.detail, "bob's device went silent.");
    assert.equal((await bob.when(({ state }) => state === "ended")).reason, "failed");
  } finally {
    await Promise.all([alice.calls.close(), bob.calls.close()]);
  }
});

Deno.test("a caller that vanishes after the acceptance leaves nobody waiting", async () => {
  await withPair({ reply: 200 }, async ({ alice, bob, signalling }) => {
    signalling.spoil = (it) => it.content.is("reply") ? undefined : it;
    const { id } = await alice.calls.start(bob.jid, OFF);
    await bob.when(({ state }) => state === "ringing");
    await bob.calls.accept(id, OFF);
    const ended = await bob.when(({ state }) => state === "ended");
    assert.equal(ended.reason, "timeout");
    assert.equal(ended.detail, "alice's device did not go on with the call.");
    assert.equal((await alice.when(({ state }) => state === "ended")).reason, "timeout");
  });
});

Deno.test("addresses that reach nobody end the call and say why", async () => {
  await withPair({ path: 300 }, async ({ alice, bob, signalling }) => {
    signalling.spoil = (it) => {
      for (const candidate of it.content.getChildren("candidate", CALL_NS)) {
        it.content.remove(candidate);
      }
      return it;
    };
    const { id } = await alice.calls.start(bob.jid, OFF);
    await bob.when(({ state }) => state === "ringing");
    await bob.calls.accept(id, OFF);
    const ended = await alice.when(({ state }) => state === "ended");
    assert.equal(ended.reason, "no-path");
    assert.equal(ended.detail, "bob's device named no address it can be reached at.");
    assert.equal((await bob.when(({ state }) => state === "ended")).reason, "no-path");
  });
});

Deno.test("a wrong tag closes the path with nothing opened, on both sides", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    signalling.spoil = (it) => {
      // Who answers is not who announced itself: another tag than the one on the path.
      const tag = it.content.is("accept") ? it.content.getChild("tag", CALL_NS) : undefined;
      if (tag !== undefined) tag.children = [new Uint8Array(40).toBase64()];
      return it;
    };
    const { id } = await alice.calls.start(bob.jid, TEST_CAMERA);
    await bob.when(({ state }) => state === "ringing");
    await bob.calls.accept(id, TEST_CAMERA);
    const ended = await alice.when(({ state }) => state === "ended");
    assert.equal(ended.reason, "wrong-tag");
    assert.equal(ended.info?.tags.verified, false);
    assert.equal(ended.info?.receive.frames, 0);
    assert.deepEqual(ended.info?.securityEvents.map(({ code }) => code), ["wrong-tag"]);
    assert.deepEqual(alice.security.map(({ code }) => code), ["wrong-tag"]);
    assert.equal(alice.lines[0]?.kind, "security");
    const told = await bob.when(({ state }) => state === "ended");
    assert.equal(told.reason, "wrong-tag");
    assert.equal(told.detail, "alice's device was shown a wrong device tag and ended the call.");
    assert.equal(told.info?.receive.frames, 0);
  });
});

Deno.test("changed keys or candidates in signalling open no path", async () => {
  await withPair({ path: 300 }, async ({ alice, bob, signalling }) => {
    signalling.spoil = (it) => {
      if (it.content.is("accept")) it.content.attrs.time = "1";
      return it;
    };
    const { id } = await alice.calls.start(bob.jid, OFF);
    await bob.when(({ state }) => state === "ringing");
    await bob.calls.accept(id, OFF);
    const ended = await alice.when(({ state }) => state === "ended");
    assert.equal(ended.reason, "no-path");
    assert((ended.info?.strays ?? 0) > 0, "datagrams under other keys are strays");
    assert.match(ended.detail ?? "", /a firewall or separate networks may keep you apart/);
  });
});

Deno.test("an unusable key ends the call on both sides", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    signalling.spoil = (it) => {
      const key = it.content.is("accept") ? it.content.getChild("key", CALL_NS) : undefined;
      if (key !== undefined) key.children = [new Uint8Array(32).toBase64()];
      return it;
    };
    const { id } = await alice.calls.start(bob.jid, OFF);
    await bob.when(({ state }) => state === "ringing");
    await bob.calls.accept(id, OFF);
    assert.equal((await alice.when(({ state }) => state === "ended")).reason, "failed");
    assert.equal((await bob.when(({ state }) => state === "ended")).reason, "failed");
  });
});

Deno.test("signalling that cannot be sealed ends the call and says why", async () => {
  const signalling = new Signalling();
  const alice = new Device(signalling, "alice@example.org", "a1", {}, {
    signalling: { send: () => Promise.reject(new Error("no")) },
  });
  const bob = new Device(signalling, "bob@example.org", "b1");
  try {
    const call = await alice.calls.start(bob.jid, OFF);
    assert.equal(call.state, "ended");
    assert.equal(call.reason, "failed");
  } finally {
    await Promise.all([alice.calls.close(), bob.calls.close()]);
  }
});

Deno.test("signalling that hangs holds nobody up", async () => {
  const signalling = new Signalling();
  const alice = new Device(signalling, "alice@example.org", "a1", { ring: 50, goodbye: 50 }, {
    signalling: { send: () => new Promise(() => {}) },
  });
  const bob = new Device(signalling, "bob@example.org", "b1");
  const call = await alice.calls.start(bob.jid, OFF);
  assert.equal(call.reason, "timeout");
  await Promise.all([alice.calls.close(), bob.calls.close()]);
});

Deno.test("an ended call keeps its figures, and neither pictures nor camera", async () => {
  await withPair({}, async ({ alice, bob }) => {
    const id = await intoCall(alice, bob, TEST_CAMERA);
    await waitFor(() => alice.calls.latestPicture(id, "remote"), "a picture");
    alice.calls.hangUp(id);
    const { info, camera } = alice.calls.get(id);
    assert((info?.receive.frames ?? 0) > 0);
    assert.deepEqual(camera, { name: "test picture", state: "off", problem: null });
    assert.equal(alice.calls.latestPicture(id, "remote"), undefined);
    const signal = AbortSignal.timeout(5_000);
    for await (const _ of alice.calls.pictures(id, "remote", signal)) assert.fail("a picture");
    assert.equal(signal.aborted, false);
  });
});

Deno.test("a proposal that its own retraction overtook is a missed call and rings nothing", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    const held = Promise.withResolvers<void>();
    signalling.spoil = async (it) => {
      if (it.content.is("propose")) await held.promise;
      return it;
    };
    const { id } = await alice.calls.start(bob.jid, OFF);
    const retract = encodeSignal({ kind: "retract", id, reason: "cancelled" });
    bob.calls.receive({ jid: alice.jid, device: alice.device }, retract, Date.now());
    held.resolve();
    await waitFor(() => bob.lines[0], "the missed call");
    assert.deepEqual(bob.calls.list(), []);
    alice.calls.hangUp(id);
    await sleep(20);
    assert.deepEqual(bob.lines.map(({ kind }) => kind), ["missed-call"]);
  });
});

Deno.test("datagrams of a third party are strays: counted, and they end nothing", async () => {
  await withPair({}, async ({ alice, bob }) => {
    const id = await intoCall(alice, bob);
    const port = Number(alice.calls.get(id).info?.path?.local.split(":")[1]);
    const socket = createSocket("udp4");
    for (let i = 0; i < 50; i++) {
      const junk = crypto.getRandomValues(new Uint8Array(20 + i * 20));
      junk[0] = 0x11 + i % 7;
      await new Promise((resolve) => socket.send(junk, port, "127.0.0.1", resolve));
    }
    await alice.when(({ info }) => (info?.strays ?? 0) >= 40);
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    assert.equal(alice.calls.get(id).state, "active");
    assert.equal(bob.calls.get(id).state, "active");
  });
});

Deno.test("an old proposal is a missed call and rings nothing", async () => {
  await withPair({}, async ({ bob }) => {
    const propose = (id: string, time: number) =>
      el(
        "propose",
        { xmlns: CALL_NS, id, time: String(time) },
        el("suite", { code: "1" }),
        el("codec", { code: "1" }),
      );
    const from = { jid: "alice@example.org", device: "a1" };
    const now = Date.now();
    bob.calls.receive(from, propose("0".repeat(32), now - 61_000), now);
    bob.calls.receive(from, propose("1".repeat(32), now), now - 61_000);
    assert.deepEqual(bob.calls.list(), []);
    assert.deepEqual(bob.lines.map(({ kind }) => kind), ["missed-call", "missed-call"]);
    await Promise.resolve();
  });
});
