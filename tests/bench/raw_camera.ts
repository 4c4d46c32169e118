import { drawBarcode } from "./barcode.ts";

const FILM_SECONDS = 1;

/**
 * A camera made of a FIFO: raw yuv420p frames of a moving test picture, each with its number drawn
 * in, written in real time. Remembers when each frame began to be written.
 */
export class RawCamera {
  readonly #path: string;
  readonly #film: Uint8Array[];
  readonly #width: number;
  readonly #height: number;
  readonly #fps: number;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  #late = 0;

  /** performance.now() before the first byte of each frame was written, by number. */
  readonly writtenAt: number[] = [];

  private constructor(
    path: string,
    film: Uint8Array[],
    width: number,
    height: number,
    fps: number,
  ) {
    this.#path = path;
    this.#film = film;
    this.#width = width;
    this.#height = height;
    this.#fps = fps;
  }

  /** Makes the FIFO and draws the film; nothing is written before {@link start}. */
  static async create(path: string, width: number, height: number, fps: number) {
    const fifo = await new Deno.Command("mkfifo", { args: ["-m", "600", path] }).output();
    if (!fifo.success) throw new Error(new TextDecoder().decode(fifo.stderr));
    const { stdout, success } = await new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "error", "-f", "lavfi", "-i", `testsrc2=size=${width}x${height}:rate=${fps}`],
        ...["-frames:v", `${fps * FILM_SECONDS}`, "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"],
      ],
      clearEnv: true,
    }).output();
    const size = width * height * 3 / 2;
    if (!success || stdout.length !== size * fps * FILM_SECONDS) throw new Error("no test film");
    const film = Array.from(
      { length: fps * FILM_SECONDS },
      (_, i) => stdout.subarray(i * size, (i + 1) * size),
    );
    return new RawCamera(path, film, width, height, fps);
  }

  /** The camera spec that makes a daemon read from here. */
  get spec(): string {
    return `pipe:${this.#path}?raw=${this.#width}x${this.#height}@${this.#fps}&pix=yuv420p`;
  }

  /** Frames that could not be written in their time so far, because nobody took them. */
  get late(): number {
    return this.#late;
  }

  /** Waits for a reader, then writes until it goes or {@link stop} is called. */
  start(): void {
    this.#running = this.#write();
  }

  async #write(): Promise<void> {
    using pipe = await Deno.open(this.#path, { write: true });
    const interval = 1000 / this.#fps;
    const begin = performance.now();
    for (let tick = 0; !this.#stop.signal.aborted;) {
      const frame = this.#film[tick % this.#film.length]!;
      drawBarcode(frame, this.#width, this.writtenAt.length);
      this.writtenAt.push(performance.now());
      try {
        for (let at = 0; at < frame.length;) at += await pipe.write(frame.subarray(at));
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) return;
        throw error;
      }
      const now = performance.now();
      const next = Math.max(tick + 1, Math.ceil((now - begin) / interval));
      this.#late += next - tick - 1;
      tick = next;
      await new Promise((resolve) => setTimeout(resolve, begin + tick * interval - now));
    }
  }

  /** Ends after the frame under way. The reader must still be there, or be gone for good. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
