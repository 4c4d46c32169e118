import { SimppdError } from "../base/mod.ts";
import type { ProgressMeter } from "./progress.ts";

const MINUTE = 60_000;

/** Watches that a file comes with a least rate, over each minute. */
export class Pace {
  readonly #stop = new AbortController();
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param least bytes a second; 0: any rate will do
   * @param period ms over which it is taken
   */
  constructor(least: number, meter: Pick<ProgressMeter, "view">, period = MINUTE) {
    if (least === 0) return;
    let before = meter.view.bytes;
    this.#timer = setInterval(() => {
      const { bytes } = meter.view;
      if (bytes - before < least * period / 1_000) this.#stop.abort(tooSlow());
      before = bytes;
    }, period);
  }

  /** Aborts, with `too-slow`, when it comes slower. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

function tooSlow(): SimppdError {
  return new SimppdError(
    "too-slow",
    "This file came too slowly to wait for it. It is tried again later, or when you say so.",
  );
}
