import assert from "node:assert/strict";
import { sleep, steadyNow } from "../base/mod.ts";
import { type CameraState, findFfmpeg, openCamera, validateJpeg } from "./mod.ts";
import {
  children,
  framesOf,
  options,
  reached,
  standIn,
  testWithFfmpeg,
  withFolder,
} from "./testing.ts";

testWithFfmpeg("the test camera's frames flow, numbered, in the size asked for", async () => {
  const camera = openCamera(options);
  const states: CameraState[] = [];
  camera.events.on(({ state }) => states.push(state));
  try {
    assert.equal(camera.state, "starting");
    const before = steadyNow();
    const frames = await framesOf(camera, 5);
    for (const frame of frames) {
      assert.deepEqual(validateJpeg(frame.data), { width: 320, height: 180 });
      assert.deepEqual([frame.width, frame.height, frame.codec], [320, 180, "mjpeg"]);
      assert.ok(frame.keyFrame && frame.capturedAt >= before && frame.capturedAt <= steadyNow());
    }
    const numbers = frames.map((frame) => frame.sequence);
    assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
    assert.equal(new Set(numbers).size, 5);
    assert.ok(camera.latest);
  } finally {
    await camera.close();
  }
  assert.deepEqual(states, ["live", "closed"]);
});

testWithFfmpeg("a killed ffmpeg shows no signal, then frames again", async () => {
  const camera = openCamera({ ...options, spec: "test:322x182@30" });
  try {
    await framesOf(camera, 2);
    const lost = framesOf(camera, 1, (frame) => frame.width === 320);
    const [pid, ...others] = await children("size=322x182");
    assert.ok(pid !== undefined && others.length === 0);
    Deno.kill(pid, "SIGKILL");
    assert.ok(validateJpeg((await lost)[0]?.data ?? new Uint8Array()));
    await framesOf(camera, 2, (frame) => frame.width === 322);
    assert.equal(camera.state, "live");
    assert.equal(camera.problem, null);
    assert.equal((await children("size=322x182")).includes(pid), false);
  } finally {
    await camera.close();
  }
  assert.deepEqual(await children("size=322x182"), []);
});

testWithFfmpeg("a stopped ffmpeg is noticed, ended for good and replaced", async () => {
  const camera = openCamera({ ...options, spec: "test:324x182@30" }, { silence: 1000 });
  try {
    await framesOf(camera, 1);
    const [pid] = await children("size=324x182");
    assert.ok(pid !== undefined);
    Deno.kill(pid, "SIGSTOP");
    await reached(camera, "no-signal", "camera-silent");
    await framesOf(camera, 2, (frame) => frame.width === 324);
    assert.equal((await children("size=324x182")).includes(pid), false);
  } finally {
    await camera.close();
  }
});

testWithFfmpeg("close() leaves no process, whenever it comes", async () => {
  for (const wait of [0, 30, 400]) {
    const camera = openCamera({ ...options, spec: "test:326x182@30" });
    await sleep(wait);
    await Promise.all([camera.close(), camera.close()]);
    assert.equal(camera.state, "closed");
    assert.deepEqual(await children("size=326x182"), []);
  }
});

testWithFfmpeg("a program that talks without end and ignores SIGTERM is still ended", async () => {
  await withFolder(async (folder) => {
    const ffmpeg = await standIn(folder, `trap "" TERM; while :; do echo noise >&2; done`);
    const camera = openCamera(options, { ffmpeg });
    await sleep(100);
    assert.equal((await children(ffmpeg)).length, 1);
    await camera.close();
    assert.deepEqual(await children(ffmpeg), []);
  });
});

Deno.test({
  name: "a stream that is no pictures is refused, bounded, and the program ended",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await withFolder(async (folder) => {
      const path = `${folder}/ffmpeg`;
      await Deno.writeTextFile(path, "#!/bin/sh\nexec /bin/cat /dev/zero\n", { mode: 0o755 });
      const camera = openCamera(options, { ffmpeg: path });
      try {
        await reached(camera, "no-signal", "bad-stream");
      } finally {
        await camera.close();
      }
    });
  },
});

Deno.test("without ffmpeg the test camera is drawn; the others say how to get it", async () => {
  for (const ffmpeg of [null, "/nonexistent/ffmpeg"]) {
    const drawn = openCamera(options, { ffmpeg });
    const device = openCamera({ ...options, spec: "device:video0" }, { ffmpeg });
    try {
      const [one, two] = await framesOf(drawn, 2);
      assert.ok(one && two);
      assert.deepEqual(validateJpeg(one.data), { width: 320, height: 240 });
      assert.notDeepEqual(one.data, two.data);
      await reached(device, "no-signal", "ffmpeg-missing");
      assert.match(device.problem?.message ?? "", /install/i);
    } finally {
      await Promise.all([drawn.close(), device.close()]);
    }
  }
  assert.ok("missing" in await findFfmpeg("/nonexistent/ffmpeg"));
});

Deno.test("a camera that is off gives nothing until it is closed", async () => {
  const camera = openCamera({ ...options, spec: "off" });
  assert.equal(camera.state, "off");
  const ended = Array.fromAsync(camera.subscribe());
  await camera.close();
  assert.deepEqual(await ended, []);
});

Deno.test("openCamera() refuses a bad spec, size or rate before anything starts", () => {
  assert.throws(() => openCamera({ ...options, spec: "x" }), { code: "bad-camera" });
  assert.throws(() => openCamera({ ...options, width: 10 }), { code: "bad-input" });
  assert.throws(() => openCamera({ ...options, fps: 0 }), { code: "bad-input" });
});
