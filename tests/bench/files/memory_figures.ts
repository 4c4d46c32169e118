import { atMost, type BenchLine, round } from "../bench.ts";
import { errand, makeFile, startOurs } from "./upload_bed.ts";

/** How much more memory the large file may take than the small one, in MB. */
const MOST = 60;

/** The most memory of who sends and fetches a small and a large file, each in a new process. */
export async function* memoryFigures(
  { small, large }: { small: number; large: number },
): AsyncGenerator<BenchLine> {
  if (Deno.build.os !== "linux") return;
  const scratch = await Deno.makeTempDir({ prefix: "simppd-bench-" });
  const server = await startOurs();
  try {
    const peaks: number[] = [];
    for (const bytes of [small, large]) {
      await makeFile(`${scratch}/file`, bytes);
      const took = await errand(server, `${scratch}/file`);
      peaks.push(took.peak / 1e6);
      const name = `${bytes / 1e6} MB sent and fetched`;
      const rate = (ms: number) => round(bytes / 1e3 / ms);
      yield {
        bench: "files",
        case: name,
        metric: "upload",
        value: rate(took.upload),
        unit: "MB/s",
      };
      yield {
        bench: "files",
        case: name,
        metric: "RSS, most",
        value: round(took.peak / 1e6),
        unit: "MB",
      };
    }
    const value = round(peaks[1]! - peaks[0]!);
    yield {
      bench: "files",
      case: `${large / 1e6} MB over ${small / 1e6} MB`,
      metric: "RSS",
      value,
      unit: "MB",
      ...atMost(MOST, value),
    };
  } finally {
    await server.stop();
    await Deno.remove(scratch, { recursive: true });
  }
}
