import assert from "node:assert/strict";
import { Broadcast, type Bytes, Emitter, steadyNow, utf8 } from "../base/mod.ts";
import { openCamera } from "../capture/mod.ts";
import type { Path, PathEvent, PathFrame, PathStats } from "../p2p/mod.ts";
import { AES_256_GCM_SHA512_128 } from "../sframe/mod.ts";
import { Figures } from "./figures.ts";
import { CODEC_MJPEG, encodeFrame } from "./frame_header.ts";
import { FrameOpener } from "./frame_opener.ts";
import { FrameSealer } from "./frame_sealer.ts";
import { MediaReceiver } from "./media_receiver.ts";
import type { Picture } from "./picture.ts";

const suite = AES_256_GCM_SHA512_128;
const KEY = new Uint8Array(64).fill(3);

/** A path whose frames a test puts in by hand; the peer's clock is 500 ms ahead. */
class HandPath implements Path {
  readonly kind = "hand";
  readonly events = new Emitter<PathEvent>();
  readonly closed = new Promise<never>(() => {});
  readonly tagVerified = true;
  readonly incoming = new Broadcast<PathFrame>();
  send = () => true;
  report = () => {};
  close = () => {};
  frames(signal?: AbortSignal) {
    return this.incoming.subscribe(signal);
  }
  stats(): PathStats {
    return {
      sent: 0,
      sendDropped: 0,
      received: 0,
      receiveDropped: 0,
      bytesSent: 0,
      bytesReceived: 0,
      resent: 0,
      naks: 0,
      rttMs: 1,
      clockOffsetMs: 500,
      strays: 0,
      replays: 0,
      malformed: 0,
      remoteReport: null,
    };
  }
}

async function onePicture(): Promise<Bytes> {
  const camera = openCamera({ spec: "test", width: 320, height: 240, fps: 15 }, { ffmpeg: null });
  try {
    for await (const { data } of camera.subscribe()) return data;
    throw new Error("the camera gave nothing");
  } finally {
    await camera.close();
  }
}

Deno.test("only newer, whole pictures of the peer's are shown; the rest is counted", async () => {
  const jpeg = await onePicture();
  const path = new HandPath();
  const start = steadyNow() + 500 - 1_000;
  const receiver = new MediaReceiver(path, new FrameOpener(suite, KEY, 0), start);
  const sealer = new FrameSealer(suite, KEY, 1e9);
  const shown = new Broadcast<Picture>();
  const seen: Picture[] = [];
  const stop = new AbortController();
  const viewing = (async () => {
    for await (const picture of shown.subscribe(stop.signal)) seen.push(picture);
  })();
  const running = receiver.run(shown, stop.signal);
  let pathSequence = 0;
  const put = async (sequence: number, picture: Bytes, codec = CODEC_MJPEG, spoil = false) => {
    const header = { codec, keyFrame: true, sequence, sinceStart: 1_000 };
    const bytes = await sealer.seal(encodeFrame(header, picture), 0);
    if (spoil) bytes[bytes.length - 1]! ^= 1;
    path.incoming.publish({ sequence: pathSequence++, bytes, receivedAt: steadyNow() });
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await put(0, jpeg);
  await put(1, utf8("GIF89a"));
  await put(3, jpeg);
  await put(2, jpeg);
  await put(4, jpeg, 77);
  await put(5, jpeg, CODEC_MJPEG, true);
  pathSequence += 2;
  await put(6, jpeg);
  stop.abort();
  await Promise.all([running, viewing]);
  assert.deepEqual(seen.map(({ sequence }) => sequence), [0, 3, 6]);
  assert(seen.every(({ capturedAt }) => Math.abs(capturedAt - (start + 500)) < 1));
  const info = receiver.info(steadyNow());
  assert.equal(info.frames, 3);
  assert.equal(info.openFailures, 1);
  assert.equal(info.dropped, 3 + 2, "no JPEG, an older one, an unknown codec; two that never came");
  assert(info.latencyMs !== null && info.latencyMs.p50 >= 0 && info.latencyMs.p50 < 5_000);
});

Deno.test("figures tell rates of the last seconds and latency of the last half minute", () => {
  const figures = new Figures();
  assert.deepEqual(figures.read(0).latencyMs, null);
  for (let i = 0; i < 1200; i++) figures.frame(i * 50, 1_000, i % 100);
  const now = 1199 * 50;
  const info = figures.read(now);
  assert.equal(info.frames, 1200);
  assert(Math.abs(info.fps - 20) < 0.5);
  assert(Math.abs(info.kbps - 160) < 4);
  assert.deepEqual(info.latencyMs, { p50: 50, p95: 95 });
  assert.equal(figures.read(now + 40_000).fps, 0);
  assert.equal(figures.read(now + 40_000).latencyMs, null);
});
