import { logOf, publicError, sleep, steadyNow } from "../base/mod.ts";
import { diagnose, type Ending, ffmpegMissing } from "./diagnose.ts";
import { DRAWN_HEIGHT, DRAWN_WIDTH, testPicture } from "./drawing.ts";
import { type DeviceAttempt, ffmpegArgs } from "./ffmpeg_args.ts";
import { runFfmpeg } from "./ffmpeg_process.ts";
import { isAbsent } from "./find_ffmpeg.ts";
import type { Picture } from "./frame.ts";
import { validateJpeg } from "./jpeg.ts";
import { MpjpegSplitter } from "./mpjpeg.ts";
import type { CameraSpec, VideoMode } from "./spec.ts";

const DRAWN_FPS = 15;

/** Runs a camera once: gives pictures until it ends or `signal` aborts, and says why it ended. */
export type Source = (
  onPicture: (picture: Picture) => void,
  signal: AbortSignal,
) => Promise<Ending>;

/** The test camera that needs nothing but this process. */
export const drawnSource: Source = async (onPicture, signal) => {
  const started = steadyNow();
  for (let index = 0; !signal.aborted; index++) {
    const capturedAt = steadyNow();
    const data = testPicture(index);
    onPicture({ data, width: DRAWN_WIDTH, height: DRAWN_HEIGHT, capturedAt });
    await sleep(Math.max(1, started + ((index + 1) * 1000) / DRAWN_FPS - steadyNow()), signal);
  }
  return { problem: { code: "ended", message: "The test picture has ended." }, permanent: false };
};

/** A camera through ffmpeg, started by `path`; without ffmpeg the test picture is drawn here. */
export function ffmpegSource(
  spec: Exclude<CameraSpec, { kind: "off" }>,
  mode: VideoMode,
  path: string | null,
): Source {
  let attempt: DeviceAttempt = "native";
  const withoutFfmpeg: Source = (onPicture, signal) =>
    spec.kind === "test" ? drawnSource(onPicture, signal) : Promise.resolve(ffmpegMissing());

  const run: Source = async (onPicture, signal) => {
    if (path === null) return withoutFfmpeg(onPicture, signal);
    const splitter = new MpjpegSplitter();
    let live = false;
    const onChunk = (chunk: Uint8Array, at: number) => {
      for (const { data, arrivedAt } of splitter.push(chunk, at)) {
        const size = validateJpeg(data);
        if (size === undefined || signal.aborted) continue;
        live = true;
        onPicture({ data, ...size, capturedAt: arrivedAt });
      }
    };
    let ending: Ending;
    try {
      const { stderr } = await runFfmpeg(path, ffmpegArgs(spec, mode, attempt), onChunk, signal);
      ending = diagnose(spec, stderr, live);
    } catch (error) {
      if (isAbsent(error)) return withoutFfmpeg(onPicture, signal);
      logOf("capture").warn("a camera's run failed: {error}", { error });
      return { problem: publicError(error), permanent: false };
    }
    // A device that has not what was wanted says so by ending at once.
    const refused = !live && ending.problem.code === "ffmpeg-failed";
    if (spec.kind === "device" && attempt === "native" && refused) {
      attempt = "compatible";
      return signal.aborted ? ending : run(onPicture, signal);
    }
    return ending;
  };
  return run;
}
