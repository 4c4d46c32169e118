import { type Broadcast, steadyNow } from "../base/mod.ts";
import type { Path } from "../p2p/mod.ts";
import type { DirectionInfo } from "../views/mod.ts";
import { Figures } from "./figures.ts";
import { CODEC_MJPEG, encodeFrame } from "./frame_header.ts";
import type { FrameSealer } from "./frame_sealer.ts";
import type { Picture } from "./picture.ts";

/**
 * Pictures -> sealed frames -> path. One picture at a time; those that come meanwhile are passed
 * over but for the newest.
 */
export class MediaSender {
  readonly #path: Path;
  readonly #sealer: FrameSealer;
  readonly #start: number;
  readonly #figures = new Figures();
  #last: number | undefined;
  #skipped = 0;

  /** @param start what capture times are relative to: the time in our accept or reply */
  constructor(path: Path, sealer: FrameSealer, start: number) {
    this.#path = path;
    this.#sealer = sealer;
    this.#start = start;
  }

  /** Runs until `signal` aborts or the pictures end. */
  async run(pictures: Broadcast<Picture>, signal: AbortSignal): Promise<void> {
    for await (const picture of pictures.subscribe(signal)) {
      if (this.#last !== undefined) this.#skipped += picture.sequence - this.#last - 1;
      this.#last = picture.sequence;
      const header = {
        codec: CODEC_MJPEG,
        keyFrame: true,
        sequence: picture.sequence,
        sinceStart: picture.capturedAt - this.#start,
      };
      const frame = await this.#sealer.seal(encodeFrame(header, picture.data), steadyNow());
      if (signal.aborted) return;
      if (this.#path.send(frame, picture.capturedAt)) {
        this.#figures.frame(steadyNow(), frame.length, null);
      } else {
        this.#skipped++;
      }
    }
  }

  /** `frames` counts what the path began to send; latency and failures are what the peer reports. */
  info(now: number): DirectionInfo {
    const { sent, sendDropped, remoteReport } = this.#path.stats();
    return {
      ...this.#figures.read(now),
      frames: sent,
      dropped: this.#skipped + sendDropped,
      latencyMs: remoteReport?.latencyMs ?? null,
      openFailures: remoteReport?.openFailures ?? 0,
    };
  }
}
