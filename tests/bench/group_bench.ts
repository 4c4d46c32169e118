/**
 * Keystone groups: requests through the whole stack, the key graph alone, by size, degree and
 * strategy, a removal beside MLS, and a crowd that comes and goes.
 * @module
 */
import type { BenchLine, BenchOptions } from "./bench.ts";
import { crowdFigures } from "./group/crowd_figures.ts";
import { keyGraphFigures } from "./group/key_graph_figures.ts";
import { mlsFigures } from "./group/mls_figures.ts";
import { requestFigures } from "./group/request_figures.ts";

/** Runs the bench. */
export async function* run({ seconds = 120 }: BenchOptions): AsyncGenerator<BenchLine> {
  yield* requestFigures({ clients: 10, rounds: 10 });
  yield* keyGraphFigures({
    sizes: [16, 64, 256, 1024, 8192, 65536],
    degrees: [4, 2, 8, 16],
    rounds: 400,
    batch: 1000,
  });
  yield* mlsFigures({ cold: [16, 64, 256], warm: [16, 64], rounds: 5 });
  yield* crowdFigures({ members: 500, comers: 10, changes: seconds });
}
