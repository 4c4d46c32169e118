import assert from "node:assert/strict";
import { parseDevices } from "./list_cameras.ts";
import { listCameras, parseCameraSpec } from "./mod.ts";

Deno.test("parseDevices() reads ffmpeg's answer on Linux", () => {
  const answer = "Auto-detected sources for video4linux2,v4l2:\n" +
    "* /dev/video0 [HD [Pro] Webcam] (none)\n  /dev/video2 [\u001b[31mevil]\n  rubbish\n";
  assert.deepEqual(parseDevices(answer, "linux"), [
    { spec: "device:/dev/video0", name: "HD [Pro] Webcam", kind: "device" },
    { spec: "device:/dev/video2", name: "[31mevil", kind: "device" },
  ]);
});

Deno.test("parseDevices() reads ffmpeg's answer on macOS and Windows", () => {
  const mac = "[AVFoundation indev @ 0x7f] AVFoundation video devices:\n" +
    "[AVFoundation indev @ 0x7f] [0] FaceTime HD Camera\n" +
    "[AVFoundation indev @ 0x7f] [1] Capture screen 0\n" +
    "[AVFoundation indev @ 0x7f] AVFoundation audio devices:\n" +
    "[AVFoundation indev @ 0x7f] [0] Built-in Microphone\n";
  assert.deepEqual(parseDevices(mac, "darwin").map((camera) => camera.spec), [
    "device:FaceTime HD Camera",
  ]);
  const windows = '[dshow @ 00] "Integrated Camera" (video)\r\n' +
    '[dshow @ 00]   Alternative name "@device_pnp"\r\n[dshow @ 00] "Microphone" (audio)\r\n';
  assert.deepEqual(parseDevices(windows, "windows").map((camera) => camera.spec), [
    "device:Integrated Camera",
  ]);
});

Deno.test("listCameras() always offers the test picture, and specs that parse", async () => {
  for (const ffmpeg of [null, "ffmpeg", "/nonexistent/ffmpeg"]) {
    const cameras = await listCameras(ffmpeg);
    assert.equal(cameras.at(-1)?.spec, "test");
    for (const { spec } of cameras) parseCameraSpec(spec);
  }
});
