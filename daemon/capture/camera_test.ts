import assert from "node:assert/strict";
import { type Bytes, sleep, steadyNow } from "../base/mod.ts";
import {
  type Camera,
  type CameraOptions,
  type CameraState,
  findFfmpeg,
  type Frame,
  openCamera,
  validateJpeg,
} from "./mod.ts";

const LONGEST_WAIT_MS = 10_000;
const options: CameraOptions = { spec: "test", width: 320, height: 180, fps: 30 };

const found = await findFfmpeg();
const linux = Deno.build.os === "linux";
const usable = "path" in found && linux;
if (!usable && Deno.env.get("CI") !== undefined) throw new Error("CI needs Linux with ffmpeg");

/** A test with the real ffmpeg and /proc; its name says so when it is skipped. */
function testWithFfmpeg(name: string, fn: () => Promise<void>): void {
  const reason = linux ? "no ffmpeg" : "no /proc";
  Deno.test({ name: usable ? name : `${name} (skipped: ${reason})`, ignore: !usable, fn });
}

/** The first `count` frames that `wanted` accepts. */
async function framesOf(
  camera: Camera,
  count: number,
  wanted: (frame: Frame) => boolean = () => true,
): Promise<Frame[]> {
  const frames: Frame[] = [];
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), LONGEST_WAIT_MS);
  try {
    for await (const frame of camera.subscribe(limit.signal)) {
      if (wanted(frame)) frames.push(frame);
      if (frames.length === count) return frames;
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`${frames.length} of ${count} frames; ${JSON.stringify(camera.problem)}`);
}

async function reached(camera: Camera, state: CameraState, code?: string): Promise<void> {
  const end = steadyNow() + LONGEST_WAIT_MS;
  while (camera.state !== state || (code !== undefined && camera.problem?.code !== code)) {
    const now = `${camera.state} ${camera.problem?.code}`;
    assert.ok(steadyNow() < end, `${state} ${code} expected, ${now} it is`);
    await sleep(10);
  }
}

/** Process ids of our children whose command line has `text` in it. */
async function children(text: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = await Deno.readTextFile(`/proc/${name}/stat`);
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      if (parent !== Deno.pid) continue;
      if ((await Deno.readTextFile(`/proc/${name}/cmdline`)).includes(text)) found.push(+name);
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

async function withFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-capture-" });
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, clearEnv: true }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function makeClip(path: string): Promise<void> {
  const input = ["-f", "lavfi", "-i", "testsrc2=size=200x200:rate=10"];
  await run("ffmpeg", "-loglevel", "error", ...input, "-t", "1", "-c:v", "mjpeg", `file:${path}`);
}

async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length;) at += await file.write(data.subarray(at));
}

function color(width: number, height: number, value: number): Bytes {
  return new Uint8Array(width * height * 3).fill(value);
}

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
  const camera = openCamera({ ...options, spec: "test:324x182@30" });
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

testWithFfmpeg("a clip is looped and fitted, also when its name looks like an option", async () => {
  await withFolder(async (folder) => {
    for (const name of ["-i http:x.avi", "concat:a|b.avi"]) {
      await makeClip(`${folder}/${name}`);
      const camera = openCamera({ ...options, spec: `clip:${folder}/${name}` });
      try {
        const frames = await framesOf(camera, 20);
        assert.ok(frames.every((frame) => frame.width === 320 && frame.height === 180));
        assert.equal(camera.name, name);
      } finally {
        await camera.close();
      }
    }
  });
});

testWithFfmpeg("a clip that is missing, or none, ends in no signal without spinning", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/text`, "not a video");
    await makeClip(`${folder}/real.avi`);
    await Deno.writeTextFile(`${folder}/list`, `ffconcat version 1.0\nfile real.avi\n`);
    const cases = [
      ["clip:http://127.0.0.1:9/x.mp4", "clip-missing"],
      [`clip:${folder}/none`, "clip-missing"],
      [`clip:${folder}/text`, "clip-unreadable"],
      [`clip:${folder}/list`, "clip-unreadable"],
      [`pipe:${folder}/none`, "pipe-missing"],
    ] as const;
    await Promise.all(cases.map(async ([spec, code]) => {
      const camera = openCamera({ ...options, spec });
      try {
        const repeated = framesOf(camera, 2);
        await reached(camera, "no-signal", code);
        let changes = 0;
        camera.events.on(() => changes++);
        assert.equal((await repeated).length, 2);
        assert.deepEqual([changes, await children(spec.slice(5))], [0, []]);
      } finally {
        await camera.close();
      }
    }));
  });
});

testWithFfmpeg("a raw pipe's pictures come through, and again from the next writer", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/raw`;
    await run("mkfifo", path);
    const spec = `pipe:${path}?raw=320x180@30&pix=rgb24`;
    const camera = openCamera({ ...options, spec });
    try {
      for (const _writer of [1, 2]) {
        const came = framesOf(camera, 3, (frame) => frame.height === 180);
        const file = await Deno.open(path, { write: true });
        for (let i = 0; i < 5; i++) await writeAll(file, color(320, 180, 40 * i));
        assert.equal((await came).length, 3);
        file.close();
        await reached(camera, "no-signal", "pipe-ended");
      }
    } finally {
      await camera.close();
    }
  });
});

testWithFfmpeg("a multipart pipe's pictures pass unchanged; rubbish in it does not", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/parts`;
    await run("mkfifo", path);
    const source = openCamera(options);
    const [picture] = await framesOf(source, 1);
    await source.close();
    assert.ok(picture);
    const part = async (file: Deno.FsFile, data: Uint8Array) => {
      const head = `Content-type: image/jpeg\r\nContent-length: ${data.length}\r\n\r\n`;
      await writeAll(file, new TextEncoder().encode(head));
      await writeAll(file, data);
      await writeAll(file, new TextEncoder().encode("\r\n--cam\r\n"));
    };
    const camera = openCamera({ ...options, spec: `pipe:${path}` });
    try {
      const came = framesOf(camera, 3, (frame) => frame.height === 180);
      const file = await Deno.open(path, { write: true });
      await writeAll(file, new TextEncoder().encode("--cam\r\n"));
      await part(file, picture.data);
      await part(file, picture.data.slice(0, 900));
      await part(file, picture.data);
      await part(file, picture.data);
      for (const frame of await came) assert.deepEqual(frame.data, picture.data);
      const rubbish = crypto.getRandomValues(new Uint8Array(50_000));
      await writeAll(file, rubbish).catch((error) => assert.ok(error instanceof Error));
      file.close();
      await reached(camera, "no-signal");
      const again = framesOf(camera, 1, (frame) => frame.height === 180);
      const second = await Deno.open(path, { write: true });
      await writeAll(second, new TextEncoder().encode("--cam\r\n"));
      await part(second, picture.data);
      await again;
      second.close();
    } finally {
      await camera.close();
    }
  });
});

testWithFfmpeg("a pipe nobody writes to waits with its reading end open", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/silent`;
    await run("mkfifo", path);
    const camera = openCamera({ ...options, spec: `pipe:${path}?raw=320x180@30` });
    try {
      await reached(camera, "no-signal", "pipe-silent");
      const [pid] = await children(path);
      await sleep(1200);
      assert.deepEqual(await children(path), [pid]);
    } finally {
      await camera.close();
    }
    assert.deepEqual(await children(path), []);
  });
});

testWithFfmpeg("a device that is not there says so and is tried again", async () => {
  const camera = openCamera({ ...options, spec: "device:/dev/video-none" });
  try {
    await reached(camera, "no-signal", "camera-gone");
    assert.match(camera.problem?.message ?? "", /plug it in/);
  } finally {
    await camera.close();
  }
});

/** Stands in for ffmpeg: a shell script that answers before it hands over to the real one. */
async function standIn(folder: string, answer: string): Promise<string> {
  const path = `${folder}/ffmpeg`;
  const picture = "-loglevel error -nostdin -re -f lavfi -i testsrc2=size=328x184";
  const real = `exec ffmpeg ${picture} -threads 1 -flush_packets 1 -f mpjpeg pipe:1`;
  await Deno.writeTextFile(path, `#!/bin/sh\n${answer}\n${real}\n`, { mode: 0o755 });
  return path;
}

testWithFfmpeg("a device without JPEG of its own is encoded instead", async () => {
  await withFolder(async (folder) => {
    const ffmpeg = await standIn(
      folder,
      `case "$*" in *input_format*) echo "Cannot find a proper format" >&2; exit 1;; esac`,
    );
    const camera = openCamera({ ...options, spec: "device:video7" }, { ffmpeg });
    const states: CameraState[] = [];
    camera.events.on(({ state }) => states.push(state));
    try {
      await framesOf(camera, 2, (frame) => frame.width === 328);
      assert.deepEqual(states, ["live"]);
    } finally {
      await camera.close();
    }
  });
});

testWithFfmpeg("a busy device says so, and is live once it is free", async () => {
  await withFolder(async (folder) => {
    const ffmpeg = await standIn(
      folder,
      `[ -e ${folder}/free ] || { echo "/dev/video7: Device or resource busy" >&2; exit 1; }`,
    );
    const camera = openCamera({ ...options, spec: "device:video7" }, { ffmpeg });
    try {
      await reached(camera, "no-signal", "camera-busy");
      await Deno.writeTextFile(`${folder}/free`, "");
      await framesOf(camera, 2, (frame) => frame.width === 328);
      await reached(camera, "live");
    } finally {
      await camera.close();
    }
  });
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
