import assert from "node:assert/strict";
import { absent } from "../real_parts.ts";
import { drawBarcode, readBarcode, stripHeight } from "./barcode.ts";
import { atLeast, atMost, quantile } from "./bench.ts";
import { cpuSeconds, residentMegabytes } from "./process_figures.ts";
import { RawCamera } from "./raw_camera.ts";
import { row } from "./run.ts";
import { numbersOf, parts } from "./viewer.ts";

Deno.test("readBarcode() reads what drawBarcode() drew, and nothing else", () => {
  const width = 320;
  const luma = new Uint8Array(width * stripHeight(width));
  for (const number of [0, 1, 0x12345678, 0xffffffff]) {
    drawBarcode(luma, width, number);
    assert.equal(readBarcode(luma, width), number);
  }
  const block = width / 20;
  for (let y = 0; y < block; y++) luma.fill(16, y * width + 9 * block, y * width + 10 * block);
  assert.equal(readBarcode(luma, width), undefined);
  assert.equal(readBarcode(new Uint8Array(width * stripHeight(width)), width), undefined);
});

Deno.test("parts() splits a live view wherever the network cut it", async () => {
  const pictures = [
    Uint8Array.of(1, 13, 10, 45, 45, 2),
    Uint8Array.of(13, 10, 13, 10),
    Uint8Array.of(3),
  ];
  const head = new TextEncoder().encode("--b\r\nContent-Type: image/jpeg\r\n\r\n");
  const next = new TextEncoder().encode("\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n");
  const body = new Uint8Array([...head, ...pictures.flatMap((p) => [...p, ...next])]);
  for (let size = 1; size <= body.length; size++) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < body.length; at += size) chunks.push(body.subarray(at, at + size));
    const found = await Array.fromAsync(parts(ReadableStream.from(chunks), "b"));
    assert.deepEqual(found, pictures, `chunks of ${size}`);
  }
});

const ignore = absent("ffmpeg") || absent("mkfifo");

Deno.test("RawCamera writes numbered frames that live through JPEG", { ignore }, async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-bench-" });
  try {
    const camera = await RawCamera.create(`${folder}/camera`, 320, 240, 30);
    camera.start();
    const { stdout } = await new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "error", "-f", "rawvideo", "-video_size", "320x240", "-pixel_format", "yuv420p"],
        ...["-framerate", "30", "-i", `${folder}/camera`, "-frames:v", "10"],
        ...["-c:v", "mjpeg", "-q:v", "8", "-f", "mpjpeg", "-boundary_tag", "b", "-"],
      ],
    }).output();
    await camera.stop();
    const body = new Uint8Array([
      ...stdout,
      ...new TextEncoder().encode("\r\n--b\r\nx: y\r\n\r\n"),
    ]);
    const jpegs = await Array.fromAsync(parts(ReadableStream.from([body]), "b"));
    assert.deepEqual(await numbersOf(jpegs, 320), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.ok(camera.writtenAt.length >= 10);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("quantile(), atMost() and atLeast() judge figures", () => {
  assert.equal(quantile([5, 1, 4, 2, 3], 0.5), 3);
  assert.equal(quantile([1], 0.95), 1);
  assert.ok(Number.isNaN(quantile([], 0.5)));
  assert.deepEqual(atMost(8, 8.1), { target: 8, ok: false });
  assert.deepEqual(atLeast(99, 99), { target: 99, ok: true });
  assert.equal(atMost(8, NaN).ok, false);
});

Deno.test("a process has used CPU time and memory", { ignore: Deno.build.os !== "linux" }, () => {
  assert.ok(cpuSeconds(Deno.pid) > 0);
  const own = Deno.memoryUsage().rss / 1024 / 1024;
  assert.ok(Math.abs(residentMegabytes(Deno.pid) - own) < 64);
});

Deno.test("row() says when a target was missed", () => {
  const line = { bench: "b", case: "c", metric: "m", value: 9, unit: "ms" };
  assert.match(row({ ...line, ...atMost(8, 9) }), /9 ms\s+target 8\s+MISSED$/);
  assert.match(row({ ...line, ...atMost(9, 9) }), /ok$/);
  assert.match(row(line), /9 ms$/);
});
