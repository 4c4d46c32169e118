/** One figure of a bench: what `deno task bench NAME --json` prints, a line each. */
export interface BenchLine {
  /** The bench's name, such as `video`. */
  bench: string;
  /** What was measured on, such as `640x480@30 alice to bob`. */
  case: string;
  /** What was measured, such as `latency p50`. */
  metric: string;
  value: number;
  unit: string;
  /** Whose figure it is, when not ours: measured in the same run, for comparison. */
  peer?: string;
  /** What the figure should be at most (or at least, for what is better when higher). */
  target?: number;
  ok?: boolean;
}

/** What a bench can be told. */
export interface BenchOptions {
  /** How long a long measurement may take, in seconds; each bench has its own default. */
  seconds?: number;
}

/** What `tests/bench/NAME_bench.ts` exports. */
export interface Bench {
  run(options: BenchOptions): AsyncIterable<BenchLine>;
}

/** Target and verdict of a figure that should be no more than `target`. */
export function atMost(target: number, value: number): { target: number; ok: boolean } {
  return { target, ok: value <= target };
}

/** Target and verdict of a figure that should be no less than `target`. */
export function atLeast(target: number, value: number): { target: number; ok: boolean } {
  return { target, ok: value >= target };
}

/** The value below which the share `q` (0 to 1) of `values` lies; NaN when there are none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}

/** Rounded to three significant digits, for people. */
export function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : value;
}
