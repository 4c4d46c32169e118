import type { Problem } from "../views/mod.ts";
import { cameraName, type CameraSpec } from "./spec.ts";

/** Why a source ended, and whether trying again could help. */
export interface Ending {
  problem: Problem;
  permanent: boolean;
}

/** How to get ffmpeg on this system. */
export function ffmpegHint(os: typeof Deno.build.os = Deno.build.os): string {
  switch (os) {
    case "darwin":
      return "Install it with: brew install ffmpeg";
    case "windows":
      return "Install it with: winget install ffmpeg";
    default:
      return "Install it with your package manager, such as: sudo apt install ffmpeg";
  }
}

/** The ending when there is no ffmpeg. */
export function ffmpegMissing(): Ending {
  const message = `ffmpeg was not found and cameras need it. ${ffmpegHint()}`;
  return { problem: { code: "ffmpeg-missing", message }, permanent: true };
}

/** The problem of a camera from which nothing comes. */
export function silent(spec: CameraSpec): Problem {
  const name = cameraName(spec);
  return spec.kind === "pipe"
    ? { code: "pipe-silent", message: `Nothing is being written to the pipe ${name}.` }
    : { code: "camera-silent", message: `No picture has come from ${name} for three seconds.` };
}

/** Reads from ffmpeg's last words why it ended. */
export function diagnose(spec: CameraSpec, stderr: string, live: boolean): Ending {
  const name = cameraName(spec);
  const ending = (code: string, message: string, permanent: boolean): Ending => ({
    problem: { code, message },
    permanent,
  });
  const has = (pattern: RegExp) => pattern.test(stderr);
  if (has(/Device or resource busy|in use by another|could not run graph/i)) {
    return ending("camera-busy", `${name} is in use by another program: close that one.`, false);
  }
  if (has(/Permission denied|Operation not permitted|not authorized/i)) {
    const why = `simppd may not open ${name}: give this user access to it.`;
    return ending("camera-denied", why, spec.kind !== "device");
  }
  if (has(/No such file or directory|Is a directory/i) && spec.kind !== "device") {
    const code = spec.kind === "clip" ? "clip-missing" : "pipe-missing";
    return ending(code, `There is no file ${name} at the path given: check the path.`, true);
  }
  const spoke = stderr.trim() !== "";
  if (
    spec.kind === "device" &&
    ((live && spoke) ||
      has(/No such (file|device)|not found|Could not find|Input\/output error|ENODEV/i))
  ) {
    return ending("camera-gone", `${name} is not there: plug it in again.`, false);
  }
  if (spec.kind === "clip" && !live && spoke) {
    const why = `${name} could not be read as a video: choose another file.`;
    return ending("clip-unreadable", why, true);
  }
  if (spec.kind === "pipe") {
    return ending("pipe-ended", `What was written to the pipe ${name} has ended.`, false);
  }
  return ending("ffmpeg-failed", `ffmpeg ended while showing ${name}; it is started again.`, false);
}
