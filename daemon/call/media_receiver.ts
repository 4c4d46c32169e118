import { type Broadcast, logOf, steadyNow } from "../base/mod.ts";
import { validateJpeg } from "../capture/mod.ts";
import type { Path, PathFrame } from "../p2p/mod.ts";
import type { DirectionInfo } from "../views/mod.ts";
import { Figures } from "./figures.ts";
import { CODEC_MJPEG, decodeFrame, type FrameHeader } from "./frame_header.ts";
import type { FrameOpener } from "./frame_opener.ts";
import type { Picture } from "./picture.ts";

/** Path -> opened frames -> pictures: whatever is not a newer, whole picture of the peer's stays out. */
export class MediaReceiver {
  readonly #path: Path;
  readonly #opener: FrameOpener;
  readonly #start: number;
  readonly #figures = new Figures();
  #pathSequence = -1;
  #shown = -1;
  #shownAt: number | null = null;

  /** @param start what the peer's capture times are relative to: the time in its accept or reply */
  constructor(path: Path, opener: FrameOpener, start: number) {
    this.#path = path;
    this.#opener = opener;
    this.#start = start;
  }

  /** Runs until `signal` aborts or the path ends. */
  async run(pictures: Broadcast<Picture>, signal: AbortSignal): Promise<void> {
    for await (const frame of this.#path.frames(signal)) {
      const picture = await this.#open(frame);
      if (signal.aborted) return;
      if (picture !== undefined) pictures.publish(picture);
    }
  }

  /** Milliseconds since the last picture; null before the first. */
  sinceLast(now: number): number | null {
    return this.#shownAt === null ? null : Math.max(0, Math.round(now - this.#shownAt));
  }

  info(now: number): DirectionInfo {
    return this.#figures.read(now);
  }

  async #open(frame: PathFrame): Promise<Picture | undefined> {
    const figures = this.#figures;
    if (frame.sequence > this.#pathSequence) {
      figures.dropped += frame.sequence - this.#pathSequence - 1;
      this.#pathSequence = frame.sequence;
    }
    let opened: ReturnType<typeof decodeFrame>;
    try {
      opened = decodeFrame(await this.#opener.open(frame.bytes, steadyNow()));
    } catch (error) {
      figures.openFailures++;
      logOf("call").debug("a frame did not open: {error}", { error });
      return undefined;
    }
    if (opened === undefined || !this.#showable(opened.header, opened.picture)) {
      figures.dropped++;
      return undefined;
    }
    const { header, picture } = opened;
    const now = steadyNow();
    const { clockOffsetMs } = this.#path.stats();
    const capturedAt = this.#start + header.sinceStart - (clockOffsetMs ?? 0);
    figures.frame(
      now,
      frame.bytes.length,
      clockOffsetMs === null ? null : Math.max(0, now - capturedAt),
    );
    this.#shown = header.sequence;
    this.#shownAt = now;
    return { data: picture, capturedAt, sequence: header.sequence };
  }

  #showable(header: FrameHeader, picture: Uint8Array): boolean {
    if (header.codec !== CODEC_MJPEG || header.sequence <= this.#shown) return false;
    return validateJpeg(picture) !== undefined;
  }
}
