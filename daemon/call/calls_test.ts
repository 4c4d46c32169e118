import assert from "node:assert/strict";
import { validateJpeg } from "../capture/mod.ts";
import { intoCall, OFF, TEST_CAMERA, waitFor, withPair } from "./testbed.ts";

Deno.test("a call carries moving pictures both ways, with true figures", async () => {
  await withPair({}, async ({ alice, bob }) => {
    const id = await intoCall(alice, bob, TEST_CAMERA);
    for (const [viewer, owner] of [[alice, bob], [bob, alice]] as const) {
      const seen: number[] = [];
      const pictures = new Set<string>();
      const stop = AbortSignal.timeout(10_000);
      for await (const picture of viewer.calls.pictures(id, "remote", stop)) {
        assert.notEqual(validateJpeg(picture.data), undefined);
        assert(Math.abs(picture.capturedAt - Date.now()) < 5_000);
        seen.push(picture.sequence);
        pictures.add(picture.data.toHex());
        if (seen.length === 10) break;
      }
      assert.equal(seen.length, 10);
      assert.deepEqual(seen, [...seen].sort((a, b) => a - b), "an older picture came after");
      assert(pictures.size >= 9, "the picture does not move");
      assert.notEqual(owner.calls.latestPicture(id, "local"), undefined);
    }
    const { info, camera } = await alice.when(({ info }) =>
      info !== null && info.receive.latencyMs !== null && info.send.latencyMs !== null
    );
    assert(info !== null);
    assert.equal(camera.state, "live");
    assert.equal(info.suite, "simpp-pq");
    assert.equal(info.tags.verified, true);
    assert.match(info.tags.local, /^test picture #[0-9a-f]{8}$/);
    assert.equal(info.tags.remote, bob.calls.get(id).info?.tags.local);
    assert.equal(info.path?.kind, "udp");
    assert(info.receive.frames >= 10 && info.receive.fps > 0 && info.receive.kbps > 0);
    assert.equal(info.receive.openFailures, 0);
    assert(info.send.frames >= info.receive.frames / 2);
    assert.deepEqual(info.securityEvents, []);

    alice.calls.hangUp(id);
    const ended = await bob.when(({ state }) => state === "ended");
    assert.equal(ended.reason, "hangup");
    assert.equal(ended.detail, "alice ended the call.");
    assert.equal(alice.calls.get(id).reason, "hangup");
    assert(ended.info !== null && ended.info.receive.frames > 0);
    assert.equal(bob.lines.at(-1)?.kind, "call");
    assert.match(bob.lines.at(-1)?.body ?? "", /^Video call, \d+ s\.$/);
  });
});

Deno.test("who is offline is not rung: the call ends at once and leaves a notice", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    bob.online = false;
    const call = await alice.calls.start(bob.jid, TEST_CAMERA);
    assert.equal(call.state, "ended");
    assert.equal(call.reason, "offline");
    assert.match(call.detail ?? "", /bob is offline/);
    await waitFor(() => bob.lines[0], "bob's line");
    assert.deepEqual(bob.lines.map(({ kind }) => kind), ["missed-call"]);
    assert.deepEqual(signalling.carried.map(({ store }) => store), [true]);
    assert.deepEqual(bob.calls.list(), []);
  });
});

Deno.test("a declined call ends declined on both sides", async () => {
  await withPair({}, async ({ alice, bob }) => {
    const { id } = await alice.calls.start(bob.jid, OFF);
    await bob.when(({ state }) => state === "ringing");
    const ringing = bob.calls.get(id);
    assert.equal(ringing.inviter, alice.jid);
    assert.equal(ringing.invitee, bob.jid);
    bob.calls.decline(id);
    const ended = await alice.when(({ state }) => state === "ended");
    assert.equal(ended.reason, "declined");
    assert.equal(ended.detail, "bob declined.");
    assert.equal(bob.calls.get(id).reason, "declined");
    assert.deepEqual(bob.lines.map(({ kind }) => kind), ["call"]);
  });
});

Deno.test("a call nobody answers times out on both sides and is a missed call", async () => {
  await withPair({ ring: 150 }, async ({ alice, bob }) => {
    const { id } = await alice.calls.start(bob.jid, OFF);
    await bob.when(({ state }) => state === "ringing");
    bob.calls.later(id);
    assert.equal(bob.calls.get(id).state, "later");
    assert.equal((await alice.when(({ state }) => state === "ended")).reason, "timeout");
    assert.equal((await bob.when(({ state }) => state === "ended")).reason, "timeout");
    assert.deepEqual(bob.lines.map(({ kind }) => kind), ["missed-call"]);
    assert.deepEqual(alice.lines.map(({ body }) => body), ["bob did not answer."]);
  });
});

Deno.test("a call put aside can still be accepted", async () => {
  await withPair({}, async ({ alice, bob }) => {
    const { id } = await alice.calls.start(bob.jid, OFF);
    await bob.when(({ state }) => state === "ringing");
    bob.calls.later(id);
    await bob.calls.accept(id, OFF);
    await alice.when(({ state }) => state === "active");
  });
});

Deno.test("start() refuses a second call, a call to oneself and a camera that is none", async () => {
  await withPair({}, async ({ alice, bob }) => {
    await assert.rejects(alice.calls.start(alice.jid, OFF), { code: "bad-input" });
    await assert.rejects(alice.calls.start("bob@", OFF), { code: "bad-jid" });
    await assert.rejects(alice.calls.start(bob.jid, { ...OFF, camera: "eye" }), {
      code: "bad-camera",
    });
    await assert.rejects(alice.calls.start(bob.jid, { ...OFF, size: "9x9" }), {
      code: "bad-input",
    });
    await alice.calls.start(bob.jid, OFF);
    await assert.rejects(alice.calls.start("carol@example.org", OFF), { code: "already-in-call" });
    assert.throws(() => alice.calls.get("00"), { code: "unknown-call" });
    assert.equal(alice.calls.list().length, 1);
  });
});
