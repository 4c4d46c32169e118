import { Backoff, Broadcast, Emitter, logOf, sleep, steadyNow } from "../base/mod.ts";
import type { Problem } from "../views/mod.ts";
import { type Ending, silent } from "./diagnose.ts";
import { DRAWN_HEIGHT, DRAWN_WIDTH, noSignalPicture } from "./drawing.ts";
import type { Frame, Picture } from "./frame.ts";
import { ffmpegSource, type Source } from "./sources.ts";
import { cameraName, type CameraSpec, checkVideoMode, parseCameraSpec } from "./spec.ts";

/** No frame for so long is no signal, and the end of a run that has had frames. */
const SILENCE_MS = 3000;
/** What a run may take to its first frame: some devices are slow to wake. */
const WAKING_MS = 10_000;
const NO_SIGNAL_EVERY_MS = 1000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5000;
/** A run that lived so long was a good one: the next failure starts counting anew. */
const STEADY_RUN_MS = 5000;

/** `off` shows nothing by wish; `no-signal` shows the "no signal" picture and why. */
export type CameraState = "starting" | "live" | "no-signal" | "off" | "closed";

/** Which camera, and the size in pixels and frames per second wanted of it. */
export interface CameraOptions {
  /** See {@link parseCameraSpec}. */
  spec: string;
  width: number;
  height: number;
  fps: number;
}

/** What a camera stands on. */
export interface CameraDeps {
  /** What to start ffmpeg by; null when there is none. The PATH's `ffmpeg` when left out. */
  ffmpeg?: string | null;
  /** Spread of the waiting times between tries, 0 to 1. */
  random?: () => number;
  /** Milliseconds without a frame that are no signal; 3000 when left out. */
  silence?: number;
}

/**
 * Opens a camera; it starts at once and runs until it is closed.
 * @throws SimppdError `bad-camera` or `bad-input`
 */
export function openCamera(options: CameraOptions, deps: CameraDeps = {}): Camera {
  const spec = parseCameraSpec(options.spec);
  checkVideoMode(options);
  const path = deps.ffmpeg === undefined ? "ffmpeg" : deps.ffmpeg;
  const source = spec.kind === "off" ? undefined : ffmpegSource(spec, options, path);
  return new Camera(spec, source, deps);
}

/** A camera in use. Its frames go to whoever listens, the newest one first. */
export class Camera {
  /** What it is called before people. */
  readonly name: string;
  /** Every change of {@link state} or {@link problem}. */
  readonly events = new Emitter<{ state: CameraState; problem: Problem | null }>();
  readonly #spec: CameraSpec;
  readonly #silence: number;
  readonly #frames = new Broadcast<Frame>();
  readonly #closing = new AbortController();
  readonly #backoff: Backoff;
  readonly #done: Promise<void>;
  #state: CameraState = "starting";
  #problem: Problem | null = null;
  #sequence = 0;
  #lastPictureAt = steadyNow();
  #run: AbortController | undefined;
  #runHadPictures = false;

  /** @param source what gives its pictures; without one it is off */
  constructor(spec: CameraSpec, source: Source | undefined, deps: CameraDeps = {}) {
    this.#spec = spec;
    this.#silence = deps.silence ?? SILENCE_MS;
    this.name = cameraName(spec);
    this.#backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS, deps.random);
    if (source === undefined) this.#state = "off";
    this.#done = source === undefined ? Promise.resolve() : this.#supervise(source);
  }

  get state(): CameraState {
    return this.#state;
  }
  /** Why there is no signal; null when there is. */
  get problem(): Problem | null {
    return this.#problem;
  }
  /** The newest frame, if any came yet. */
  get latest(): Frame | undefined {
    return this.#frames.latest;
  }

  /** Frames from now on, newest wins; ends with the camera or with `signal`. */
  subscribe(signal?: AbortSignal): AsyncIterable<Frame> {
    return this.#frames.subscribe(signal);
  }

  /** Stops the camera; its process is gone when this resolves. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
    this.#change("closed", null);
    this.#frames.end();
  }

  async #supervise(source: Source): Promise<void> {
    const closing = this.#closing.signal;
    const ticker = setInterval(() => this.#tick(), NO_SIGNAL_EVERY_MS);
    try {
      while (!closing.aborted) {
        const started = this.#lastPictureAt = steadyNow();
        const ending = await this.#runOnce(source);
        if (closing.aborted) return;
        this.#lose(ending.problem);
        if (ending.permanent) return await sleepUntilAborted(closing);
        if (steadyNow() - started > STEADY_RUN_MS) this.#backoff.reset();
        await sleep(this.#backoff.next(), closing);
      }
    } finally {
      clearInterval(ticker);
    }
  }

  async #runOnce(source: Source): Promise<Ending> {
    const run = this.#run = new AbortController();
    this.#runHadPictures = false;
    const stop = () => run.abort();
    this.#closing.signal.addEventListener("abort", stop, { once: true });
    try {
      const ending = await source((picture) => this.#take(picture), run.signal);
      // Ended by us for its silence: that is the reason to tell, not how it died.
      return run.signal.aborted ? { problem: silent(this.#spec), permanent: false } : ending;
    } finally {
      this.#closing.signal.removeEventListener("abort", stop);
    }
  }

  #take(picture: Picture): void {
    this.#lastPictureAt = picture.capturedAt;
    this.#runHadPictures = true;
    this.#change("live", null);
    this.#publish(picture);
  }

  #publish(picture: Picture): void {
    this.#frames.publish({
      codec: "mjpeg",
      keyFrame: true,
      sequence: this.#sequence++,
      capturedAt: picture.capturedAt,
      width: picture.width,
      height: picture.height,
      data: picture.data,
    });
  }

  /** Once a second: repeats the "no signal" picture, or notices that nothing comes any more. */
  #tick(): void {
    const quiet = steadyNow() - this.#lastPictureAt;
    if (this.#state === "no-signal") this.#publishNoSignal();
    else if (quiet > this.#silence) this.#lose(silent(this.#spec));
    // Who writes to a pipe may take its time, and would be cut off if the reading end went away.
    if (this.#spec.kind === "pipe") return;
    if (quiet > (this.#runHadPictures ? this.#silence : WAKING_MS)) this.#run?.abort();
  }

  #lose(problem: Problem): void {
    const shown = this.#state === "no-signal";
    if (this.#problem?.code !== problem.code) {
      logOf("capture").warn("{name}: {code}", { name: this.name, code: problem.code });
    }
    this.#change("no-signal", problem);
    if (!shown) this.#publishNoSignal();
  }

  #publishNoSignal(): void {
    this.#publish({
      data: noSignalPicture(),
      width: DRAWN_WIDTH,
      height: DRAWN_HEIGHT,
      capturedAt: steadyNow(),
    });
  }

  #change(state: CameraState, problem: Problem | null): void {
    if (this.#state === state && this.#problem?.code === problem?.code) return;
    this.#state = state;
    this.#problem = problem;
    this.events.emit({ state, problem });
  }
}

function sleepUntilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
