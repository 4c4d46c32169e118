import type { DirectionInfo } from "../views/mod.ts";

/** Latency is told over this many milliseconds of frames. */
const LATENCY_WINDOW = 30_000;
/** Rates are told over this many. */
const RATE_WINDOW = 5_000;
/** Frames remembered at most, whatever the rate. */
const MOST = 4096;

/** Value below which `share` (0…1) of the sorted values lie. */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** Counts the frames of one direction and tells rate, bitrate and latency of the last ones. */
export class Figures {
  frames = 0;
  dropped = 0;
  openFailures = 0;
  #recent: { at: number; bytes: number; latency: number | null }[] = [];
  #first: number | null = null;

  /**
   * @param at steady milliseconds
   * @param latency capture to now in milliseconds; null when it cannot be known
   */
  frame(at: number, bytes: number, latency: number | null): void {
    this.frames++;
    this.#first ??= at;
    this.#recent.push({ at, bytes, latency });
    if (this.#recent.length > MOST) this.#recent.splice(0, MOST / 4);
  }

  read(now: number): DirectionInfo {
    const old = this.#recent.findIndex(({ at }) => now - at <= LATENCY_WINDOW);
    this.#recent.splice(0, old < 0 ? this.#recent.length : old);
    // A direction younger than the window is measured over its life, or its first rates lie.
    const span = Math.min(RATE_WINDOW, Math.max(1000, now - (this.#first ?? now)));
    const rated = this.#recent.filter(({ at }) => now - at <= span);
    const latencies = this.#recent.flatMap(({ latency }) => latency === null ? [] : [latency])
      .sort((a, b) => a - b);
    const [p50, p95] = [percentile(latencies, 0.5), percentile(latencies, 0.95)];
    return {
      frames: this.frames,
      dropped: this.dropped,
      fps: round(rated.length * 1000 / span),
      kbps: round(rated.reduce((sum, { bytes }) => sum + bytes, 0) * 8 / span),
      latencyMs: p50 === undefined || p95 === undefined
        ? null
        : { p50: round(p50), p95: round(p95) },
      openFailures: this.openFailures,
    };
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
