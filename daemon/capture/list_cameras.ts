import type { CameraView } from "../views/mod.ts";
import type { Platform } from "./ffmpeg_args.ts";
import { ffmpegCommand } from "./ffmpeg_process.ts";
import { isAbsent } from "./find_ffmpeg.ts";

const MOST = 64;
const TEST: CameraView = { spec: "test", name: "Test picture", kind: "test" };

const QUESTIONS: Partial<Record<Platform, string[]>> = {
  linux: ["-hide_banner", "-nostdin", "-sources", "v4l2"],
  darwin: ["-hide_banner", "-nostdin", "-f", "avfoundation", "-list_devices", "true", "-i", ""],
  windows: ["-hide_banner", "-nostdin", "-f", "dshow", "-list_devices", "true", "-i", "dummy"],
};

/** Reads what ffmpeg answers when asked for its video devices. */
export function parseDevices(answer: string, os: Platform): CameraView[] {
  const cameras: CameraView[] = [];
  const add = (device = "", name = device) => {
    // deno-lint-ignore no-control-regex -- a device chooses its own name
    const shown = name.replace(/[\u0000-\u001f\u007f-\u009f]/g, "").trim().slice(0, 100);
    if (device !== "" && cameras.length < MOST) {
      cameras.push({ spec: `device:${device}`, name: shown || device, kind: "device" });
    }
  };
  let video = false;
  for (const line of answer.split(/\r?\n/)) {
    switch (os) {
      case "darwin": {
        if (/AVFoundation (video|audio) devices/.test(line)) video = line.includes(" video ");
        const match = /\] \[\d+\] (.+)$/.exec(line);
        if (video && !match?.[1]?.startsWith("Capture screen")) add(match?.[1]);
        break;
      }
      case "windows":
        add(/\] "(.+)" \(video\)$/.exec(line)?.[1]);
        break;
      default: {
        const match = /^[ *]+(\/dev\/[^\s\[]+) \[(.*?)\](?: \(.*\))?$/.exec(line);
        add(match?.[1], match?.[2]);
      }
    }
  }
  return cameras;
}

/**
 * The cameras one can choose: those ffmpeg finds, then the test picture, which is always there.
 * `spec` is what {@link parseCameraSpec} takes.
 */
export async function listCameras(ffmpeg: string | null = "ffmpeg"): Promise<CameraView[]> {
  const question = QUESTIONS[Deno.build.os];
  if (ffmpeg === null || question === undefined) return [TEST];
  try {
    const { stdout, stderr } = await ffmpegCommand(ffmpeg, question).output();
    const decoder = new TextDecoder();
    const answer = `${decoder.decode(stdout)}\n${decoder.decode(stderr)}`;
    return [...parseDevices(answer, Deno.build.os), TEST];
  } catch (error) {
    if (isAbsent(error)) return [TEST];
    throw error;
  }
}
