import assert from "node:assert/strict";
import { diagnose, ffmpegHint } from "./diagnose.ts";
import { type CameraSpec, parseCameraSpec } from "./mod.ts";

const device = parseCameraSpec("device:/dev/video0");
const clip = parseCameraSpec("clip:/home/alice/secret/talk.mp4");
const pipe = parseCameraSpec("pipe:/tmp/cam");

Deno.test("diagnose() tells ffmpeg's ends apart, and which are for good", () => {
  const cases: [CameraSpec, string, boolean, string, boolean][] = [
    [device, "/dev/video0: Device or resource busy", false, "camera-busy", false],
    [
      device,
      "Cannot open video device /dev/video0: Permission denied",
      false,
      "camera-denied",
      false,
    ],
    [device, "/dev/video0: No such file or directory", false, "camera-gone", false],
    [device, "ioctl(VIDIOC_DQBUF): No such device", true, "camera-gone", false],
    [device, "Cannot find a proper format for codec 'mjpeg'", false, "ffmpeg-failed", false],
    [device, "", true, "ffmpeg-failed", false],
    [clip, "file:talk.mp4: No such file or directory", false, "clip-missing", true],
    [clip, "Invalid data found when processing input", false, "clip-unreadable", true],
    [clip, "", false, "ffmpeg-failed", false],
    [clip, "", true, "ffmpeg-failed", false],
    [pipe, "file:/tmp/cam: No such file or directory", false, "pipe-missing", true],
    [pipe, "", true, "pipe-ended", false],
  ];
  for (const [spec, stderr, live, code, permanent] of cases) {
    const ending = diagnose(spec, stderr, live);
    assert.deepEqual([ending.problem.code, ending.permanent], [code, permanent], stderr);
    assert.doesNotMatch(ending.problem.message, /secret/);
  }
});

Deno.test("ffmpegHint() names a command on every system", () => {
  for (const os of ["linux", "darwin", "windows"] as const) assert.match(ffmpegHint(os), /install/);
});
