import { systemRandom } from "../../../daemon/crypto/mod.ts";
import {
  FileCipher,
  FileFolder,
  type FileSuite,
  SealedSource,
  sealFile,
  sealToFolder,
} from "../../../daemon/files/mod.ts";
import { type BenchLine, round } from "../bench.ts";

const SUITES: FileSuite[] = ["chacha20-poly1305", "aes-128-cbc-hmac"];
const PIECE = 1 << 20;

/** The same megabyte again and again. */
async function* plain(bytes: number): AsyncGenerator<Uint8Array> {
  const piece = systemRandom(65_536);
  const block = new Uint8Array(PIECE);
  for (let at = 0; at < PIECE; at += piece.length) block.set(piece, at);
  for (let left = bytes; left > 0; left -= PIECE) yield block.subarray(0, Math.min(PIECE, left));
}

/** Sealing in memory, to the disk with its SHA-256, and opening, in megabytes of plaintext a second. */
export async function* sealingFigures({ bytes }: { bytes: number }): AsyncGenerator<BenchLine> {
  const line = (suite: string, metric: string, ms: number): BenchLine => ({
    bench: "files",
    case: suite,
    metric,
    value: round(bytes / 1e3 / ms),
    unit: "MB/s",
  });
  for (const suite of SUITES) {
    const key = systemRandom(32);
    const cipher = FileCipher.create(key, suite, bytes, systemRandom);
    let begun = performance.now();
    for await (const _ of sealFile(plain(bytes), cipher));
    yield line(suite, "seal", performance.now() - begun);

    const path = await Deno.makeTempDir({ prefix: "simppd-bench-" });
    try {
      const folder = new FileFolder(path);
      const name = "0".repeat(32);
      const options = { suite, random: systemRandom };
      begun = performance.now();
      const sealed = await sealToFolder(
        { size: bytes, bytes: plain(bytes) },
        key,
        folder,
        name,
        options,
      );
      yield line(suite, "seal to disk", performance.now() - begun);
      const file = await SealedSource.open(folder.file(name), { ...sealed, key });
      begun = performance.now();
      for await (const _ of file.chunks());
      yield line(suite, "open from disk", performance.now() - begun);
      await file.close();
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  }
}
