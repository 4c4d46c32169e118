/**
 * A call between two daemons, each a process of its own, driven and watched from outside: raw frames
 * go into a FIFO at one side with their number drawn in, pictures come out of the live view at the
 * other. Latency is from before a frame's first raw byte is written to when a browser could show it.
 * @module
 */
import { openCamera } from "../../daemon/capture/mod.ts";
import { AES_256_GCM_SHA512_128, SFrameReceiver, SFrameSender } from "../../daemon/sframe/mod.ts";
import { befriend, connect, Daemon } from "../daemon.ts";
import { atLeast, atMost, type BenchLine, type BenchOptions, quantile, round } from "./bench.ts";
import { ProcessWatch } from "./process_figures.ts";
import { RawCamera } from "./raw_camera.ts";
import { numbersOf, type Seen, watch } from "./viewer.ts";

const FPS = 30;
/** Frames are counted from here on: connections and the engine's compilers have settled. */
const WARM_UP = 5;
/** Seconds in which every picture is kept and looked at; memory is watched for longer. */
const LOOKED_AT = 60;
/** Minute 1 to minute 3 of a call, and a little. */
const LONG = 185;
const SHORT = 30;

interface Scene {
  width: number;
  height: number;
  seconds: number;
  /** Milliseconds. */
  p50: number;
  p95: number;
  /** Per cent of a core. */
  cpu: number;
}

/** Runs the bench; `seconds` sets the length of each call. */
export async function* run(options: BenchOptions = {}): AsyncGenerator<BenchLine> {
  yield await sealAndOpen();
  const scenes: Scene[] = [
    { width: 640, height: 480, seconds: options.seconds ?? LONG, p50: 8, p95: 20, cpu: 10 },
    { width: 1280, height: 720, seconds: options.seconds ?? SHORT, p50: 14, p95: 32, cpu: 18 },
  ];
  for (const scene of scenes) {
    yield* await cameraAlone(scene);
    yield* call(scene);
  }
}

/** Sealing and opening one frame of 30 KB, as the default suite does it. */
async function sealAndOpen(): Promise<BenchLine> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const sender = await SFrameSender.create(AES_256_GCM_SHA512_128, 0, key);
  const receiver = new SFrameReceiver();
  await receiver.addKey(0, AES_256_GCM_SHA512_128, key);
  const frame = crypto.getRandomValues(new Uint8Array(30_000));
  const times: number[] = [];
  for (let i = 0; i < 3000; i++) {
    const begin = performance.now();
    await receiver.open(await sender.seal(frame));
    times.push(performance.now() - begin);
  }
  const value = round(quantile(times.slice(500), 0.5));
  const metric = "seal + open";
  return { bench: "video", case: "30 KB frame", metric, value, unit: "ms", ...atMost(0.8, value) };
}

/** What of the latency is the camera's: the same frames through ffmpeg, and no further. */
async function cameraAlone(scene: Scene): Promise<BenchLine[]> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-bench-" });
  try {
    const source = await RawCamera.create(`${folder}/camera`, scene.width, scene.height, FPS);
    const camera = openCamera({ ...scene, spec: source.spec, fps: FPS });
    source.start();
    const from = performance.now() + 2000;
    const to = from + 5000;
    const seen: Seen[] = [];
    for await (const { data } of camera.subscribe()) {
      const at = performance.now();
      if (at >= from) seen.push({ at, jpeg: data });
      if (at > to) break;
    }
    await Promise.all([source.stop(), camera.close()]);
    const { latencies } = await compare(scene, source, seen, from, to);
    const base = {
      bench: "video",
      case: `${scene.width}x${scene.height}@${FPS}`,
      peer: "camera alone",
      unit: "ms",
    };
    return [
      { ...base, metric: "latency p50", value: round(quantile(latencies, 0.5)) },
      { ...base, metric: "latency p95", value: round(quantile(latencies, 0.95)) },
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Finds the frames written from `from` to `to` among the pictures `seen`. */
async function compare(
  scene: Scene,
  camera: RawCamera,
  seen: readonly Seen[],
  from: number,
  to: number,
): Promise<{ wanted: number; latencies: number[]; unread: number }> {
  const written = camera.writtenAt;
  const numbers = await numbersOf(seen.map(({ jpeg }) => jpeg), scene.width);
  const arrivals = new Map<number, number>();
  for (const [i, number] of numbers.entries()) {
    if (number !== undefined && !arrivals.has(number)) arrivals.set(number, seen[i]!.at);
  }
  const wanted = [...written.keys()].filter((n) => written[n]! >= from && written[n]! < to);
  return {
    wanted: wanted.length,
    latencies: wanted.flatMap((n) => arrivals.has(n) ? arrivals.get(n)! - written[n]! : []),
    unread: numbers.filter((number) => number === undefined).length,
  };
}

interface Side {
  name: string;
  daemon: Daemon;
  camera: RawCamera;
  figures: ProcessWatch;
}

async function* call(scene: Scene): AsyncGenerator<BenchLine> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-bench-" });
  const sides: Side[] = [];
  try {
    for (const name of ["alice", "bob"]) {
      const daemon = await Daemon.start(`${folder}/${name}`);
      const fifo = `${folder}/${name}.camera`;
      const camera = await RawCamera.create(fifo, scene.width, scene.height, FPS);
      sides.push({ name, daemon, camera, figures: new ProcessWatch(daemon.pid) });
    }
    const [alice, bob] = sides as [Side, Side];
    const jids = await befriend(alice.daemon, bob.daemon);
    for (const { camera } of sides) camera.start();
    const size = `${scene.width}x${scene.height}`;
    const ids = await connect(
      { daemon: alice.daemon, options: { camera: alice.camera.spec, size, fps: FPS } },
      {
        daemon: bob.daemon,
        jid: jids.second,
        options: { camera: bob.camera.spec, size, fps: FPS },
      },
    );
    const over = new AbortController();
    const begin = performance.now();
    const from = begin + WARM_UP * 1000;
    const to = from + Math.min(scene.seconds, LOOKED_AT) * 1000;
    const wanted = (at: number) => at >= from && at < to + 2000;
    const views = Promise.all([
      view(alice.daemon, ids.caller, over.signal, wanted),
      view(bob.daemon, ids.callee, over.signal, wanted),
    ]);
    await sleepUntil(from);
    for (const { figures } of sides) figures.mark();
    const lateBefore = sides.map(({ camera }) => camera.late);
    await sleepUntil(to);
    const cpu = sides.map(({ figures }) => figures.cpuPercent());
    const late = sides.map(({ camera }, i) => camera.late - lateBefore[i]!);
    const end = from + scene.seconds * 1000;
    await sleepUntil(Math.max(end, to + 1000)); // the last frames arrive
    over.abort();
    const [aliceSaw, bobSaw] = await views;
    await alice.daemon.ask("POST", `/api/calls/${ids.caller}/hangup`);
    await Promise.all(sides.map(({ camera }) => camera.stop()));
    yield* await direction(scene, alice, bob, bobSaw, from, to, late[0]!);
    yield* await direction(scene, bob, alice, aliceSaw, from, to, late[1]!);
    for (const [i, side] of sides.entries()) yield* usage(scene, side, cpu[i]!, begin, end);
  } finally {
    for (const { daemon, figures } of sides) {
      figures.stop();
      await daemon.stop();
    }
    await Deno.remove(folder, { recursive: true });
  }
}

/** Figures of the frames written by `sender` from `from` to `to`, as the other side saw them. */
async function direction(
  scene: Scene,
  sender: Side,
  receiver: Side,
  seen: Seen[],
  from: number,
  to: number,
  late: number,
): Promise<BenchLine[]> {
  const { wanted, latencies, unread } = await compare(scene, sender.camera, seen, from, to);
  const delivered = round(latencies.length / wanted * 100);
  const p50 = round(quantile(latencies, 0.5));
  const p95 = round(quantile(latencies, 0.95));
  const bytes = seen.reduce((sum, { jpeg }) => sum + jpeg.length, 0) / seen.length / 1000;
  const base = {
    bench: "video",
    case: `${scene.width}x${scene.height}@${FPS} ${sender.name} to ${receiver.name}`,
  };
  return [
    { ...base, metric: "latency p50", value: p50, unit: "ms", ...atMost(scene.p50, p50) },
    { ...base, metric: "latency p95", value: p95, unit: "ms", ...atMost(scene.p95, p95) },
    { ...base, metric: "delivered", value: delivered, unit: "%", ...atLeast(99, delivered) },
    { ...base, metric: "frames written", value: wanted, unit: "frames" },
    { ...base, metric: "frames not taken in time", value: late, unit: "frames" },
    {
      ...base,
      metric: "pictures not readable",
      value: unread,
      unit: "frames",
      ...atMost(0, unread),
    },
    { ...base, metric: "picture size", value: round(bytes), unit: "KB" },
  ];
}

/** What one daemon needed. */
function* usage(
  scene: Scene,
  side: Side,
  cpu: number,
  begin: number,
  end: number,
): Generator<BenchLine> {
  const base = {
    bench: "video",
    case: `${scene.width}x${scene.height}@${FPS} ${side.name}'s daemon`,
  };
  const share = round(cpu);
  yield { ...base, metric: "CPU", value: share, unit: "% of a core", ...atMost(scene.cpu, share) };
  const peak = round(side.figures.peak);
  yield { ...base, metric: "memory, most", value: peak, unit: "MB", ...atMost(160, peak) };
  const minute = (n: number) =>
    side.figures.memory(begin + n * 60_000 - 5000, begin + n * 60_000 + 5000);
  if (end < begin + 3 * 60_000) return;
  const growth = round(minute(3) - minute(1));
  yield {
    ...base,
    metric: "memory growth, minute 1 to 3",
    value: growth,
    unit: "MB",
    ...atMost(5, growth),
  };
}

async function view(
  daemon: Daemon,
  call: string,
  signal: AbortSignal,
  wanted: (at: number) => boolean,
): Promise<Seen[]> {
  return await watch(await daemon.fetch(`/calls/${call}/remote.mjpeg`), signal, wanted);
}

function sleepUntil(at: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, at - performance.now()));
}
