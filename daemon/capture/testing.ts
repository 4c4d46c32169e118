import assert from "node:assert/strict";
import { sleep, steadyNow } from "../base/mod.ts";
import {
  type Camera,
  type CameraOptions,
  type CameraState,
  findFfmpeg,
  type Frame,
} from "./mod.ts";

const LONGEST_WAIT_MS = 10_000;
export const options: CameraOptions = { spec: "test", width: 320, height: 180, fps: 30 };

const found = await findFfmpeg();
const linux = Deno.build.os === "linux";
const usable = "path" in found && linux;
if (!usable && Deno.env.get("CI") !== undefined) throw new Error("CI needs Linux with ffmpeg");

/** A test with the real ffmpeg and /proc; its name says so when it is skipped. */
export function testWithFfmpeg(name: string, fn: () => Promise<void>): void {
  const reason = linux ? "no ffmpeg" : "no /proc";
  Deno.test({ name: usable ? name : `${name} (skipped: ${reason})`, ignore: !usable, fn });
}

/** The first `count` frames that `wanted` accepts. */
export async function framesOf(
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

export async function reached(camera: Camera, state: CameraState, code?: string): Promise<void> {
  const end = steadyNow() + LONGEST_WAIT_MS;
  while (camera.state !== state || (code !== undefined && camera.problem?.code !== code)) {
    const now = `${camera.state} ${camera.problem?.code}`;
    assert.ok(steadyNow() < end, `${state} ${code} expected, ${now} it is`);
    await sleep(10);
  }
}

/** Process ids of our children whose command line has `text` in it. */
export async function children(text: string): Promise<number[]> {
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

export async function withFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-capture-" });
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, clearEnv: true }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

export async function makeClip(path: string): Promise<void> {
  const input = ["-f", "lavfi", "-i", "testsrc2=size=200x200:rate=10"];
  await run("ffmpeg", "-loglevel", "error", ...input, "-t", "1", "-c:v", "mjpeg", `file:${path}`);
}

export async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length;) at += await file.write(data.subarray(at));
}

/** Stands in for ffmpeg: a shell script that answers before it hands over to the real one. */
export async function standIn(folder: string, answer: string): Promise<string> {
  const path = `${folder}/ffmpeg`;
  const picture = "-loglevel error -nostdin -re -f lavfi -i testsrc2=size=328x184";
  const real = `exec ffmpeg ${picture} -threads 1 -flush_packets 1 -f mpjpeg pipe:1`;
  await Deno.writeTextFile(path, `#!/bin/sh\n${answer}\n${real}\n`, { mode: 0o755 });
  return path;
}
