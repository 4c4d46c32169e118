import assert from "node:assert/strict";
import fc from "fast-check";
import { SimppdError } from "../base/mod.ts";
import { ffmpegArgs } from "./ffmpeg_args.ts";
import { cameraName, checkVideoMode, parseCameraSpec } from "./mod.ts";

const mode = { width: 640, height: 480, fps: 30 };

Deno.test("parseCameraSpec() reads every kind of camera", () => {
  assert.deepEqual(parseCameraSpec("off"), { kind: "off" });
  assert.deepEqual(parseCameraSpec("test"), { kind: "test" });
  assert.deepEqual(parseCameraSpec("test:640x480@30"), { kind: "test", mode });
  assert.deepEqual(parseCameraSpec("clip:/a/b: c?.mp4"), { kind: "clip", path: "/a/b: c?.mp4" });
  assert.deepEqual(parseCameraSpec("pipe:/a?b"), { kind: "pipe", path: "/a?b" });
  assert.deepEqual(parseCameraSpec("pipe:/a?raw=640x480@30&pix=nv12"), {
    kind: "pipe",
    path: "/a",
    raw: { ...mode, pixels: "nv12" },
  });
  assert.deepEqual(parseCameraSpec("pipe:/a?raw=640x480@30"), {
    kind: "pipe",
    path: "/a",
    raw: { ...mode, pixels: "rgb24" },
  });
  assert.deepEqual(parseCameraSpec("device:/dev/video0"), {
    kind: "device",
    device: "/dev/video0",
  });
});

Deno.test("parseCameraSpec() says what was expected", () => {
  const bad: [string, RegExp][] = [
    ["", /off, test/],
    ["webcam", /off, test/],
    ["http://example/", /off, test/],
    ["test:", /WIDTHxHEIGHT@FPS/],
    ["test:640x480", /WIDTHxHEIGHT@FPS/],
    ["test:640x480@30:rate=1", /WIDTHxHEIGHT@FPS/],
    ["clip:", /path/],
    ["clip:/a\nb", /one line/],
    ["clip:/a\0b", /one line/],
    ["clip:" + "a".repeat(5000), /at most 4096/],
    ["pipe:", /path/],
    ["pipe:/a?raw=640x480@30&pix=evil", /rgb24/],
    ["device:", /name/],
    ["device:/dev/../etc/passwd", /name/],
  ];
  for (const [text, expected] of bad) {
    assert.throws(() => parseCameraSpec(text), { code: "bad-camera", message: expected }, text);
  }
  assert.throws(() => parseCameraSpec("test:640x480@99"), { code: "bad-input" });
});

Deno.test("parseCameraSpec() answers any text with a spec or a SimppdError", () => {
  const kinds = fc.constantFrom("", "test:", "clip:", "pipe:", "device:", "pipe:a?raw=");
  fc.assert(fc.property(kinds, fc.string({ unit: "binary" }), (kind, rest) => {
    try {
      cameraName(parseCameraSpec(kind + rest));
    } catch (error) {
      assert.ok(error instanceof SimppdError);
    }
  }));
});

Deno.test("checkVideoMode() takes 160x120 to 1920x1080 at 1 to 60", () => {
  checkVideoMode({ width: 160, height: 120, fps: 1 });
  checkVideoMode({ width: 1920, height: 1080, fps: 60 });
  for (
    const change of [
      { width: 159 },
      { width: 1921 },
      { height: 119 },
      { height: 1081 },
      { fps: 0 },
      { fps: 61 },
      { fps: 29.97 },
      { width: NaN },
    ]
  ) {
    assert.throws(() => checkVideoMode({ ...mode, ...change }), { code: "bad-input" });
  }
});

Deno.test("a path is a plain file to ffmpeg, whatever it looks like", () => {
  for (const path of ["-i", "http://127.0.0.1/x.mp4", "concat:a|b", "pipe:0", "-f lavfi"]) {
    for (const kind of ["clip", "pipe"] as const) {
      const args = ffmpegArgs({ kind, path }, mode, "native");
      const input = args.indexOf("-i");
      assert.equal(args[input + 1], `file:${path}`);
      assert.equal(args.filter((arg) => arg === path || arg === "-i").length, 1);
      const protocols = args.indexOf("-protocol_whitelist");
      assert.ok(protocols >= 0 && protocols < input);
      assert.equal(args[protocols + 1], "file,pipe");
    }
  }
});

Deno.test("a device is taken natively first, on Linux, and by its name elsewhere", () => {
  const spec = { kind: "device", device: "video0" } as const;
  const native = ffmpegArgs(spec, mode, "native", "linux").join(" ");
  assert.match(native, /-input_format mjpeg .*-i \/dev\/video0 -c:v copy -bsf:v mjpeg2jpeg/);
  assert.match(
    ffmpegArgs(spec, mode, "compatible", "linux").join(" "),
    /-i \/dev\/video0 .*-c:v mjpeg/,
  );
  assert.match(
    ffmpegArgs(spec, mode, "native", "darwin").join(" "),
    /avfoundation .*-i video0:none/,
  );
  assert.match(ffmpegArgs(spec, mode, "native", "windows").join(" "), /dshow .*-i video=video0/);
});

Deno.test("a camera is named after its file or device, without the folder", () => {
  const name = (text: string) => cameraName(parseCameraSpec(text));
  assert.equal(name("clip:/home/alice/talk.mp4"), "talk.mp4");
  assert.equal(name("device:/dev/video0"), "video0");
  assert.equal(name("pipe:/tmp/cam?raw=640x480@30"), "cam");
});
