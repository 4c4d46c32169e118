import { type Bytes, utf8 } from "../../daemon/base/mod.ts";
import { MpjpegSplitter } from "../../daemon/capture/mod.ts";

const FPS = 15;

/** Different pictures in motion, JPEG, as a camera would give them. */
export async function film(count: number, source: string): Promise<Bytes[]> {
  const input = ["-f", "lavfi", "-i", `${source}=size=320x240:rate=${FPS}`];
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: ["-v", "error", ...input, "-frames:v", `${count}`, "-q:v", "5", "-f", "mpjpeg", "-"],
    clearEnv: true,
  }).output();
  const pictures = new MpjpegSplitter().push(stdout, 0).map(({ data }) => data);
  if (pictures.length !== count) throw new Error("no test film");
  return pictures;
}

/**
 * A camera made of a FIFO, whose very bytes are known: a daemon passes such pictures on as they are.
 * Its file's name is what the daemon calls the device.
 */
export class FifoCamera implements AsyncDisposable {
  readonly path: string;
  readonly film: readonly Bytes[];
  readonly #writer: Deno.ChildProcess;
  readonly #running: Promise<void>;
  #stopped = false;

  private constructor(path: string, film: readonly Bytes[]) {
    this.path = path;
    this.film = film;
    // A process of its own waits for the reader, since a wait in open() could not be ended.
    this.#writer = new Deno.Command("sh", {
      args: ["-c", 'exec cat >"$1"', "sh", path],
      stdin: "piped",
    }).spawn();
    this.#running = this.#write();
  }

  static async open(path: string, film: readonly Bytes[]): Promise<FifoCamera> {
    const { success } = await new Deno.Command("mkfifo", { args: ["-m", "600", path] }).output();
    if (!success) throw new Error("no FIFO");
    return new FifoCamera(path, film);
  }

  get spec(): string {
    return `pipe:${this.path}`;
  }

  async #write(): Promise<void> {
    const stdin = this.#writer.stdin.getWriter();
    try {
      for (let i = 0; !this.#stopped; i = (i + 1) % this.film.length) {
        const picture = this.film[i]!;
        await stdin.write(utf8(
          `--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: ${picture.length}\r\n\r\n`,
        ));
        await stdin.write(picture);
        await stdin.write(utf8("\r\n"));
        await new Promise((resolve) => setTimeout(resolve, 1000 / FPS));
      }
      await stdin.close();
    } catch {
      // The reader has gone.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    try {
      this.#writer.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await Promise.all([this.#running, this.#writer.status]);
  }
}
