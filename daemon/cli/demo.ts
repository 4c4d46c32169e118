import { join } from "node:path";
import { App } from "../app/mod.ts";
import { sleep } from "../base/mod.ts";
import { findFfmpeg, listCameras } from "../capture/mod.ts";
import { type HttpDoor, startHttp } from "../http/mod.ts";
import type { CameraOptions } from "../views/mod.ts";
import { openBrowser } from "./browser.ts";
import { sizeOption } from "./call.ts";
import { befriend, type BothIds, connect, type Pair } from "./demo_people.ts";
import { sweepDemos } from "./demo_state.ts";
import { type BothViews, type DemoReport, demoReport } from "./demo_report.ts";
import { keepSwept } from "./launch_page.ts";
import { newToken } from "./run.ts";
import { endWithin, untilSignal } from "./signals.ts";
import { type Answer, expectWords, type Invocation, text, type Verb, whole } from "./verb.ts";
import { VERSION } from "./version.ts";

/** Both people are on this machine: their call does not leave it. */
const LOOPBACK = "127.0.0.1";

export const demo: Verb = {
  name: "demo",
  summary: "Two people in an encrypted call on this machine",
  usage: [
    "demo [--seconds N] [--camera SPEC] [--size WxH] [--fps N] [--no-open]",
    "                                             without --seconds it runs until it is ended",
  ],
  options: {
    seconds: { type: "string" },
    camera: { type: "string" },
    size: { type: "string" },
    fps: { type: "string" },
    "no-open": { type: "boolean" },
  },
  async run(invocation) {
    expectWords(invocation.words);
    const seconds = whole(invocation, "seconds", 1, 86_400);
    const size = sizeOption(invocation) ?? "640x480";
    const fps = whole(invocation, "fps", 1, 120) ?? 30;
    const camera = text(invocation, "camera") ?? await firstCamera();
    const alice = { camera, size, fps };
    // A device or a pipe has one reader.
    const bob = { ...alice, camera: /^(device|pipe):/.test(camera) ? "test" : camera };

    const over = new AbortController();
    const told = untilSignal();
    told.signal.then(() => over.abort());
    try {
      return await onTemporaryState(
        invocation.state,
        (state) => play(invocation, state, { alice, bob }, seconds, over.signal),
      );
    } finally {
      told.stop();
    }
  },
};

/** The whole demo between opening two Apps and closing them. */
async function play(
  invocation: Invocation,
  state: string,
  options: { alice: CameraOptions; bob: CameraOptions },
  seconds: number | undefined,
  signal: AbortSignal,
): Promise<Answer | null> {
  const closing: (() => Promise<void>)[] = [keepSwept(state)];
  const openApp = async (name: string) => {
    const app = await App.open({
      state: join(state, name),
      version: VERSION,
      callHosts: [LOOPBACK],
    });
    closing.unshift(() => app.close());
    const door = await startHttp({ app, port: 0, token: newToken(), instance: app.instance });
    closing.unshift(() => door.close());
    return { app, door };
  };
  try {
    const alice = await openApp("alice");
    const bob = await openApp("bob");
    const pair = { alice: alice.app, bob: bob.app };
    const bobJid = await befriend(pair, signal);
    const ids = await connect(pair, bobJid, options, signal);
    await showLinks(invocation, state, [alice.door, bob.door]);
    await sleep(seconds === undefined ? 2 ** 31 - 1 : seconds * 1000, signal);
    if (seconds === undefined) return null;
    const report = await measure(pair, ids, options.alice.camera);
    return { value: report, text: sentence(report), code: report.ok ? 0 : 1 };
  } finally {
    await endWithin(
      1_800,
      closing.reduce((before, close) => before.then(close), Promise.resolve()),
    );
  }
}

/** Reads rates, stops both cameras, and counts when everything sent has had time to arrive. */
async function measure({ alice, bob }: Pair, ids: BothIds, camera: string): Promise<DemoReport> {
  const look = (): BothViews => ({ alice: alice.call(ids.alice), bob: bob.call(ids.bob) });
  const running = look();
  await Promise.all([
    alice.changeCall(ids.alice, { camera: "off" }),
    bob.changeCall(ids.bob, { camera: "off" }),
  ]);
  let drained = look();
  for (let still = 0, tries = 0; still < 4 && tries < 20; tries++) {
    await sleep(50);
    const now = look();
    still = counts(now) === counts(drained) ? still + 1 : 0;
    drained = now;
  }
  await alice.hangUp(ids.alice);
  return demoReport(running, drained, camera);
}

function counts({ alice, bob }: BothViews): string {
  return [alice, bob].map(({ info }) => `${info?.send.frames}/${info?.receive.frames}`).join();
}

async function showLinks(
  { io, json, options }: Invocation,
  state: string,
  doors: readonly HttpDoor[],
): Promise<void> {
  const links = doors.map((door) => door.launchLink());
  // Standard output is the report's alone when a script reads it.
  if (json) io.err(JSON.stringify({ alice: links[0], bob: links[1] }));
  else io.out(`Alice: ${links[0]}\nBob:   ${links[1]}\n(each link works once)`);
  if (options["no-open"] === true) return;
  for (const link of links) await openBrowser(state, link);
}

function sentence({ ok, suite, directions }: DemoReport): string {
  const lines = Object.entries(directions).map(([way, one]) =>
    `${way}: ${one.delivered} of ${one.sent} frames, ${one.fps} fps, ` +
    `${one.latency_ms?.p50 ?? "?"} ms, ${one.bitrate_kbps} kbit/s`
  );
  return [`${ok ? "ok" : "NOT OK"}, ${suite}`, ...lines].join("\n");
}

async function firstCamera(): Promise<string> {
  const ffmpeg = await findFfmpeg();
  const cameras = await listCameras("missing" in ffmpeg ? null : ffmpeg.path);
  return cameras.find(({ kind }) => kind === "device")?.spec ?? "test";
}

/** A directory inside the state directory, the one place all starts may write to; removed after. */
async function onTemporaryState<T>(state: string, work: (path: string) => Promise<T>): Promise<T> {
  await Deno.mkdir(state, { recursive: true, mode: 0o700 });
  await sweepDemos(state);
  const path = await Deno.makeTempDir({ dir: state, prefix: "demo-" });
  try {
    return await work(path);
  } finally {
    await Deno.remove(path, { recursive: true });
    await Deno.remove(state).catch(() => {}); // only when nothing else is in it
  }
}
