/**
 * Files: direct streams over TCP and UDP, beside a plain copy over TCP.
 * @module
 */
import type { BenchLine } from "./bench.ts";
import { directFigures } from "./files/direct_figures.ts";

/** Runs the bench. */
export async function* run(): AsyncGenerator<BenchLine> {
  yield* directFigures();
}
