import { atLeast, type BenchLine, round } from "../bench.ts";
import {
  curl,
  errand,
  makeFile,
  startOurs,
  startProsodyUploads,
  type UploadPeer,
} from "./upload_bed.ts";

/** What is aimed at, in MB/s, by the carried server. */
const TARGET = 40;

/** A file sealed, up, and down again, by the carried server and by Prosody; and `curl` on both. */
export async function* uploadFigures({ bytes }: { bytes: number }): AsyncGenerator<BenchLine> {
  const scratch = await Deno.makeTempDir({ prefix: "simppd-bench-" });
  const path = `${scratch}/file`;
  const name = `${bytes / 1e6} MB by upload`;
  const rate = (ms: number) => round(bytes / 1e3 / ms);
  try {
    await makeFile(path, bytes);
    const servers: [string, UploadPeer | undefined][] = [
      ["carried server", await startOurs()],
      ["Prosody", await startProsodyUploads()],
    ];
    for (const [server, peer] of servers) {
      if (peer === undefined) continue;
      try {
        const line = (metric: string, value: number, unit = "MB/s"): BenchLine => ({
          bench: "files",
          case: `${name}, ${server}`,
          metric,
          value,
          unit,
        });
        const took = await errand(peer, path);
        yield line("seal", rate(took.seal));
        const up = line("upload", rate(took.upload));
        yield server === "Prosody" ? up : { ...up, ...atLeast(TARGET, up.value) };
        yield line("download", rate(took.download));
        const plain = await curl(peer, path);
        if (plain === undefined) continue;
        yield { ...line("upload", rate(plain)), peer: "curl" };
        yield line("ratio to curl", round(plain / took.upload), "");
      } finally {
        await peer.stop();
      }
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}
