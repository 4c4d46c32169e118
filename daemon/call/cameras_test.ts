import assert from "node:assert/strict";
import { findFfmpeg, openCamera, validateJpeg } from "../capture/mod.ts";
import { Device, intoCall, OFF, Signalling, TEST_CAMERA, waitFor, withPair } from "./testbed.ts";

/** Takes pictures of a call until one fits. */
async function see(
  device: Device,
  id: string,
  side: "local" | "remote",
  fits: (picture: { data: Uint8Array; sequence: number }) => boolean,
): Promise<number> {
  for await (const picture of device.calls.pictures(id, side, AbortSignal.timeout(10_000))) {
    if (fits(picture)) return picture.sequence;
  }
  throw new Error(`no such picture at ${device.jid}`);
}

const width = (data: Uint8Array) => validateJpeg(data)?.width;

Deno.test("the camera changes in the middle of a call, and the pictures go on counting", async () => {
  await withPair({}, async ({ alice, bob }) => {
    const id = await intoCall(alice, bob, OFF);
    assert.equal(alice.calls.get(id).camera.state, "off");
    alice.calls.change(id, { camera: "test:320x240@15" });
    const first = await see(bob, id, "remote", ({ data }) => width(data) === 320);
    alice.calls.change(id, { camera: "test:160x120@15" });
    assert.equal(alice.calls.get(id).options.camera, "test:160x120@15");
    const second = await see(bob, id, "remote", ({ data }) => width(data) === 160);
    assert(second > first);
    alice.calls.change(id, { camera: "off" });
    assert.equal(alice.calls.get(id).camera.state, "off");
    await waitFor(() => {
      const silent = bob.calls.get(id).info?.sinceLastFrameMs ?? 0;
      return silent > 300 ? silent : undefined;
    }, "the pictures to stop");
    assert.throws(() => alice.calls.change(id, { camera: "eye" }), { code: "bad-camera" });
    assert.equal(bob.calls.get(id).state, "active");
    assert.equal(alice.calls.get(id).state, "active");
  });
});

Deno.test("the other side learns that a camera is off, on again, or gives nothing", async () => {
  await withPair({}, async ({ alice, bob, signalling }) => {
    const id = await intoCall(alice, bob, OFF);
    await bob.when(({ remoteCamera }) => remoteCamera === "off");
    alice.calls.change(id, { camera: "test:160x120@15" });
    await bob.when(({ remoteCamera }) => remoteCamera === "live");
    alice.calls.change(id, { camera: "clip:/nowhere/at-all.mp4" });
    await bob.when(({ remoteCamera }) => remoteCamera === "no-signal");
    assert.equal(alice.calls.get(id).remoteCamera, "off");

    // A word of before that comes late, and one of a device that has no part in the call.
    const early = signalling.carried.find(({ content, from }) =>
      content.getName() === "camera" && from.jid === alice.jid
    )!;
    signalling.deliver(early);
    signalling.deliver({ ...early, from: { jid: alice.jid, device: "a2" } });
    await signalling.settled();
    assert.equal(bob.calls.get(id).remoteCamera, "no-signal");
    assert.equal(bob.security[0]?.code, "foreign-device");
  });
});

Deno.test("a camera that cannot be opened shows why; the call goes on", async () => {
  await withPair({}, async ({ alice, bob }) => {
    const id = await intoCall(alice, bob, { ...OFF, camera: "clip:/nowhere/at-all.mp4" });
    const { camera } = await alice.when(({ camera }) => camera.problem !== null);
    assert.equal(camera.state, "no-signal");
    assert.equal(camera.name, "at-all.mp4");
    await see(bob, id, "remote", ({ data }) => width(data) !== undefined);
    assert.equal(bob.calls.get(id).state, "active");
  });
});

Deno.test("a camera killed in the middle of a call comes back by itself", async () => {
  const ffmpeg = await findFfmpeg();
  if ("missing" in ffmpeg) {
    if (Deno.env.get("CI")) throw new Error(ffmpeg.missing);
    // deno-lint-ignore no-console -- a test that is left out says so
    return console.log(`left out: ${ffmpeg.missing}`);
  }
  const directory = await Deno.makeTempDir();
  const [script, pids] = [`${directory}/ffmpeg`, `${directory}/pids`];
  const body = `#!/bin/sh\necho $$ >>'${pids}'\nexec ffmpeg "$@"\n`;
  await Deno.writeTextFile(script, body, { mode: 0o755 });
  const signalling = new Signalling();
  const alice = new Device(signalling, "alice@example.org", "a1", {}, {
    openCamera: (options) => openCamera(options, { ffmpeg: script }),
  });
  const bob = new Device(signalling, "bob@example.org", "b1");
  try {
    const { id } = await alice.calls.start(bob.jid, TEST_CAMERA);
    await bob.when(({ state }) => state === "ringing");
    await bob.calls.accept(id, OFF);
    const before = await see(bob, id, "remote", () => true);
    const problems: string[] = [];
    alice.calls.events.on(({ camera }) => {
      if (camera.problem !== null) problems.push(camera.problem.code);
    });
    const pid = Number((await Deno.readTextFile(pids)).trim());
    Deno.kill(pid, "SIGKILL");
    await waitFor(() => problems[0], "the problem to be told");
    await alice.when(({ camera }) => camera.state === "live");
    await see(bob, id, "remote", ({ sequence }) => sequence > before + 5);
    assert.equal(alice.calls.get(id).state, "active");
    assert.equal(bob.calls.get(id).state, "active");
    assert.equal((await Deno.readTextFile(pids)).trim().split("\n").length, 2);
  } finally {
    await Promise.all([alice.calls.close(), bob.calls.close()]);
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("rotating keys loses no picture", async () => {
  await withPair({ rotate: 60, overlap: 30 }, async ({ alice, bob }) => {
    const id = await intoCall(alice, bob, { ...TEST_CAMERA, fps: 30 });
    const { info } = await bob.when(({ info }) => (info?.receive.frames ?? 0) >= 40);
    assert.equal(info?.receive.openFailures, 0);
    assert.equal(alice.calls.get(id).info?.receive.openFailures, 0);
    assert.equal(info?.receive.dropped, 0);
  });
});
