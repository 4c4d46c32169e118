import { ffmpegHint } from "./diagnose.ts";
import { ffmpegCommand } from "./ffmpeg_process.ts";

/** True when a program could not be started because it is not there or not allowed. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable ||
    error instanceof Deno.errors.PermissionDenied;
}

/**
 * Looks for ffmpeg by its name on the PATH.
 * @returns what to start it by and its version, or how to get it
 */
export async function findFfmpeg(
  path = "ffmpeg",
): Promise<{ path: string; version: string } | { missing: string }> {
  try {
    const { stdout } = await ffmpegCommand(path, ["-version"]).output();
    const version = /^ffmpeg version (\S+)/.exec(new TextDecoder().decode(stdout))?.[1];
    if (version !== undefined) return { path, version };
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return { missing: `ffmpeg was not found on the PATH. ${ffmpegHint()}` };
}
