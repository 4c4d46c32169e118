/**
 * Keystone groups: requests through the whole stack, the key graph alone, by size, degree and
 * strategy, and a removal beside MLS.
 * @module
 */
import type { BenchLine } from "./bench.ts";
import { keyGraphFigures } from "./group/key_graph_figures.ts";
import { mlsFigures } from "./group/mls_figures.ts";
import { requestFigures } from "./group/request_figures.ts";

/** Runs the bench. */
export async function* run(): AsyncGenerator<BenchLine> {
  yield* requestFigures({ clients: 10, rounds: 10 });
  yield* keyGraphFigures({
    sizes: [16, 64, 256, 1024, 8192, 65536],
    degrees: [2, 4, 8, 16],
    rounds: 400,
    batch: 1000,
  });
  yield* mlsFigures({ cold: [16, 64, 256], warm: [16, 64], rounds: 5 });
}
