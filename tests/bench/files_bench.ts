/**
 * Files: sealing alone, then a file by each way it can travel, beside what plain tools take for the
 * same bytes in the same run.
 * @module
 */
import type { BenchLine, BenchOptions } from "./bench.ts";
import { crowdFigures } from "./files/crowd_figures.ts";
import { directFigures } from "./files/direct_figures.ts";
import { inBandFigures } from "./files/in_band_figures.ts";
import { manyFigures } from "./files/many_figures.ts";
import { memoryFigures } from "./files/memory_figures.ts";
import { sealingFigures } from "./files/sealing_figures.ts";
import { uploadFigures } from "./files/upload_figures.ts";

/** Bytes of the large file when there is not the time for a gigabyte. */
const SHORT = 300e6;

/** Runs the bench. With `seconds` below 60 the largest file is smaller. */
export async function* run({ seconds = 60 }: BenchOptions = {}): AsyncGenerator<BenchLine> {
  yield* sealingFigures({ bytes: 256e6 });
  yield* uploadFigures({ bytes: 100e6 });
  yield* directFigures({ small: 100e6, large: seconds < 60 ? SHORT : 1e9 });
  yield* inBandFigures();
  yield* crowdFigures({ members: 100, bytes: 1e6 });
  yield* manyFigures({ files: seconds < 60 ? 1_000 : 10_000 });
  yield* memoryFigures({ small: 100e6, large: seconds < 60 ? SHORT : 1e9 });
}
