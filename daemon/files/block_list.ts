import { type Bytes, concat, SimppdError, toBase64Url, WireWriter } from "../base/mod.ts";
import { equal, sha256 } from "../crypto/mod.ts";
import type { OutgoingFile } from "./ways.ts";

/** Bytes kept of a block's SHA-256: what a forger would have to meet is fixed beforehand. */
const HASH = 16;
const SMALLEST = 8_192;
const MOST_BLOCKS = 4_096;

/** Bytes of each block, but for the last, of a sealed file: a power of two, at most 4096 of them. */
export function blockSizeOf(sealedSize: number): number {
  let size = SMALLEST;
  while (size * MOST_BLOCKS < sealedSize) size *= 2;
  return size;
}

/**
 * The hashes of a sealed file's blocks. Its root stands in the file's source, within the
 * authenticated descriptor, so that each block can be told from a forged one when it comes, whoever
 * sends it: nothing that is wrong is ever kept, and only that is asked for again.
 */
export class BlockList {
  /** 16 bytes a block, one after another. */
  readonly bytes: Bytes;
  readonly sealedSize: number;
  readonly blockSize: number;

  private constructor(bytes: Bytes, sealedSize: number) {
    this.bytes = bytes;
    this.sealedSize = sealedSize;
    this.blockSize = blockSizeOf(sealedSize);
  }

  /** Reads the whole file once. @throws the reason of `signal`; SimppdError `file-changed` */
  static async of(file: OutgoingFile, signal?: AbortSignal): Promise<BlockList> {
    const { sealedSize } = file;
    const size = blockSizeOf(sealedSize);
    const hashes = new Uint8Array(blockCount(sealedSize) * HASH);
    let at = 0;
    for await (const block of inBlocks(file.read(0), size)) {
      signal?.throwIfAborted();
      if (at < hashes.length) hashes.set(sha256(block).subarray(0, HASH), at);
      at += HASH;
    }
    if (at !== hashes.length) {
      throw new SimppdError("file-changed", "The sealed file is not as long as it was.");
    }
    return new BlockList(hashes, sealedSize);
  }

  /** The list that somebody sent, when it is the one of `root`. */
  static read(bytes: Bytes, sealedSize: number, root: string): BlockList | undefined {
    if (bytes.length !== listLength(sealedSize)) return undefined;
    const list = new BlockList(bytes, sealedSize);
    return list.root === root ? list : undefined;
  }

  get count(): number {
    return this.bytes.length / HASH;
  }

  /** What binds size and hashes; base64url of 32 bytes. */
  get root(): string {
    const head = new WireWriter().raw(LABEL).u64(this.sealedSize).finish();
    return toBase64Url(sha256(head, this.bytes));
  }

  /** Bytes of block `index`. */
  lengthOf(index: number): number {
    return Math.min(this.blockSize, this.sealedSize - index * this.blockSize);
  }

  /** Is `block` the block `index` of the file? */
  holds(index: number, block: Uint8Array): boolean {
    return block.length === this.lengthOf(index) &&
      equal(sha256(block).subarray(0, HASH), this.bytes.subarray(index * HASH, (index + 1) * HASH));
  }
}

const LABEL = new TextEncoder().encode("simppd blocks 1");

/** How many blocks a sealed file has. */
export function blockCount(sealedSize: number): number {
  return Math.ceil(sealedSize / blockSizeOf(sealedSize));
}

/** Bytes of the block list of a sealed file. */
export function listLength(sealedSize: number): number {
  return blockCount(sealedSize) * HASH;
}

/** Cuts what comes anew, into blocks of `size` bytes; the last may be shorter. */
export async function* inBlocks(
  pieces: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Bytes> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    let at = 0;
    while (length + piece.length - at >= size) {
      const end = at + size - length;
      yield concat(...waiting, piece.subarray(at, end));
      at = end;
      waiting = [];
      length = 0;
    }
    // A piece is its reader's alone only until the next is asked for.
    if (at < piece.length) waiting.push(piece.slice(at));
    length += piece.length - at;
  }
  if (length > 0) yield concat(...waiting);
}
