import { createHash } from "node:crypto";
import { type Bytes, concat } from "../base/mod.ts";
import type { Random } from "../crypto/mod.ts";
import { diskFull, type FileFolder } from "./folder.ts";
import {
  changedWhileRead,
  CHUNK,
  FileCipher,
  type FileSuite,
  sealedChunkLength,
} from "./sealing.ts";

/** Sealed chunks that are yielded as one piece. */
const BATCH = 16;
/** Bytes of the beginning that are looked at: what a file is stands there. */
const HEAD = 65_536;

/** What is to be sealed. */
export interface PlainSource {
  /** In bytes; what comes must be just as much. */
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** What sealing a file told of it. */
export interface SealedFile {
  readonly suite: FileSuite;
  readonly size: number;
  readonly sealedSize: number;
  /** SHA-256 of the sealed file. */
  readonly hash: Bytes;
  readonly commitment: Bytes;
  /** The first bytes of the plaintext, 64 KiB at most. */
  readonly head: Bytes;
}

/**
 * Seals a stream: the header, then chunks in pieces of up to 1 MiB. A piece is the reader's until it
 * asks for the next.
 * @throws SimppdError `file-changed` when not as much comes as the cipher's header says
 */
export async function* sealFile(
  source: AsyncIterable<Uint8Array>,
  cipher: FileCipher,
): AsyncGenerator<Bytes, void, void> {
  yield cipher.encoded;
  const { suite, size } = cipher.header;
  const batch = new Uint8Array(Math.min(BATCH, cipher.chunks) * sealedChunkLength(suite, CHUNK));
  const held = new Uint8Array(CHUNK);
  let [filled, index, holding, came] = [0, 0, 0, 0];
  const put = (plain: Uint8Array) => {
    const { length } = cipher.place(index);
    cipher.sealInto(batch.subarray(filled, filled + length), index++, plain);
    filled += length;
  };
  for await (const piece of source) {
    came += piece.length;
    if (came > size) throw changedWhileRead(size);
    for (let rest = piece; rest.length > 0;) {
      if (holding === 0 && rest.length >= CHUNK) {
        put(rest.subarray(0, CHUNK));
        rest = rest.subarray(CHUNK);
      } else {
        const part = rest.subarray(0, CHUNK - holding);
        held.set(part, holding);
        holding += part.length;
        rest = rest.subarray(part.length);
        if (holding < CHUNK) continue;
        put(held);
        holding = 0;
      }
      if (filled + sealedChunkLength(suite, CHUNK) > batch.length) {
        yield batch.subarray(0, filled);
        filled = 0;
      }
    }
  }
  if (came !== size) throw changedWhileRead(size);
  if (holding > 0 || size === 0) put(held.subarray(0, holding));
  if (filled > 0) yield batch.subarray(0, filled);
}

/** How sealing is watched and ended. */
export interface SealingOptions {
  readonly suite: FileSuite;
  readonly random: Random;
  readonly signal?: AbortSignal;
  /** Called with the bytes of the sealed file written so far. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Seals a stream into a file of the folder, which is whole and on the disk when this resolves.
 * @throws SimppdError `file-changed`, `disk-full`; what reading throws; the reason of the signal
 */
export async function sealToFolder(
  source: PlainSource,
  key: Bytes,
  folder: FileFolder,
  name: string,
  { suite, random, signal, onProgress }: SealingOptions,
): Promise<SealedFile> {
  const cipher = FileCipher.create(key, suite, source.size, random);
  const hash = createHash("sha256");
  const head: Uint8Array[] = [];
  let seen = 0;
  const watched = async function* () {
    for await (const piece of source.bytes) {
      signal?.throwIfAborted();
      if (seen < HEAD) head.push(piece.slice(0, HEAD - seen));
      seen += piece.length;
      yield piece;
    }
  };
  let written = 0;
  using file = await folder.create(name);
  try {
    for await (const piece of sealFile(watched(), cipher)) {
      hash.update(piece);
      for (let at = 0; at < piece.length;) at += await file.write(piece.subarray(at));
      written += piece.length;
      onProgress?.(written);
    }
    await file.syncData();
  } catch (error) {
    throw diskFull(error);
  }
  signal?.throwIfAborted();
  return {
    suite,
    size: source.size,
    sealedSize: written,
    hash: new Uint8Array(hash.digest()),
    commitment: cipher.commitment,
    head: concat(...head),
  };
}
