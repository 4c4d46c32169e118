import assert from "node:assert/strict";
import { sleep } from "../base/mod.ts";
import { type CameraState, openCamera } from "./mod.ts";
import {
  children,
  framesOf,
  makeClip,
  options,
  reached,
  run,
  standIn,
  testWithFfmpeg,
  withFolder,
  writeAll,
} from "./testing.ts";

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

/** Writes again and again until `done`: a frame that comes with a newer one is skipped by design. */
async function until(done: Promise<unknown>, write: () => Promise<void>): Promise<void> {
  let waiting = true;
  const ended = done.finally(() => waiting = false);
  while (waiting) {
    await write();
    await sleep(20);
  }
  await ended;
}

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
        const picture = new Uint8Array(320 * 180 * 3);
        await until(came, () => writeAll(file, picture));
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
      const came = framesOf(camera, 6, (frame) => frame.height !== 240);
      const file = await Deno.open(path, { write: true });
      await writeAll(file, new TextEncoder().encode("--cam\r\n"));
      await until(came, async () => {
        await part(file, picture.data);
        await part(file, picture.data.slice(0, 900));
      });
      for (const frame of await came) assert.deepEqual(frame.data, picture.data);
      const rubbish = crypto.getRandomValues(new Uint8Array(50_000));
      await writeAll(file, rubbish).catch((error) => assert.ok(error instanceof Error));
      file.close();
      await reached(camera, "no-signal");
      const again = framesOf(camera, 1, (frame) => frame.height === 180);
      const second = await Deno.open(path, { write: true });
      await writeAll(second, new TextEncoder().encode("--cam\r\n"));
      await until(again, () => part(second, picture.data));
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
    const camera = openCamera({ ...options, spec: `pipe:${path}?raw=320x180@30` }, {
      silence: 500,
    });
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
