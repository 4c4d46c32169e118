import { logOf, steadyNow } from "../base/mod.ts";

const STDERR_KEPT = 4096;
const TERM_PATIENCE_MS = 1000;

/** How a run of ffmpeg ended. */
export interface FfmpegExit {
  code: number;
  /** The last of what it wrote to stderr, at most 4 KB. */
  stderr: string;
}

/** ffmpeg without our environment: `LD_*` variables block a start and its secrets are not for it. */
export function ffmpegCommand(path: string, args: string[]): Deno.Command {
  return new Deno.Command(path, {
    args,
    clearEnv: true,
    // DirectShow does not load without it.
    env: Deno.build.os === "windows" ? { SystemRoot: "C:\\Windows" } : {},
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function tailOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let tail = "";
  for await (const chunk of stream) {
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-STDERR_KEPT);
  }
  return tail;
}

/**
 * Runs ffmpeg until it ends, `signal` aborts or `onChunk` throws; its process is gone when this
 * settles: SIGTERM, then SIGKILL after a second.
 * @param onChunk gets what it writes to stdout, and when that came
 * @throws Deno.errors.NotFound, Deno.errors.NotCapable when it cannot be started, and whatever
 *   `onChunk` throws
 */
export async function runFfmpeg(
  path: string,
  args: string[],
  onChunk: (chunk: Uint8Array, arrivedAt: number) => void,
  signal: AbortSignal,
): Promise<FfmpegExit> {
  const child = ffmpegCommand(path, args).spawn();
  const stderr = tailOf(child.stderr);
  const reader = child.stdout.getReader();
  let killer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    if (killer !== undefined) return;
    const kill = (name: "SIGTERM" | "SIGKILL") => {
      try {
        child.kill(name);
      } catch {
        // It has ended by itself.
      }
    };
    kill("SIGTERM");
    killer = setTimeout(() => kill("SIGKILL"), TERM_PATIENCE_MS);
    // Nobody reads on: a write under way must fail rather than wait.
    reader.cancel().catch(() => {});
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) break;
      onChunk(value, steadyNow());
    }
  } finally {
    stop();
    await Promise.all([child.status, stderr]);
    clearTimeout(killer);
    signal.removeEventListener("abort", stop);
  }
  const exit = { code: (await child.status).code, stderr: await stderr };
  logOf("capture").debug("ffmpeg ended with code {code}: {stderr}", { ...exit });
  return exit;
}
