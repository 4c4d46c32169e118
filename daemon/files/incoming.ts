import { createHash, type Hash } from "node:crypto";
import { Backoff, type Bytes, SimppdError, sleep } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { MOST_HEADER, pictureSize } from "./dimensions.ts";
import { diskFull, diskIsFull, type FileFolder } from "./folder.ts";
import type { Surroundings } from "./outgoing.ts";
import { SealedSource } from "./sealed_reader.ts";
import { sniff } from "./sniff.ts";
import { inOrder } from "./sources.ts";
import type { Transfer } from "./transfer.ts";
import { type OnProgress, type Source, type WantedFile, WAY_KINDS } from "./ways.ts";

/** The beginning that is looked at to tell what a file is. */
const HEAD = 65_536;
/** So often the disk is asked whether it has room left, in bytes. */
const LOOK_EVERY = 16 << 20;

/** How often and how soon a download is tried again. */
export interface Retrying {
  /** Rounds over all sources in which not a byte came. */
  readonly rounds: number;
  /** Waiting times between rounds in ms: the first, doubled up to the most. */
  readonly first: number;
  readonly most: number;
}

export const RETRYING: Retrying = { rounds: 6, first: 500, most: 30_000 };

/** So often a file put together of several sources may come out wrong. */
const MOST_MIXTURES = 3;

/** What no second try at the same place changes. */
const DEFINITE = new Set([
  "bad-url",
  "download-refused",
  "download-too-large",
  "file-damaged",
  "private-address",
  "too-much",
  "untrusted-certificate",
]);

/**
 * Fetches a file to where it lies sealed, from where an earlier attempt ended: source after source,
 * again where it was cut, until its SHA-256 is the descriptor's.
 * @throws SimppdError `no-way`, `disk-full`, or what the last source failed with; the reason of the
 * signal
 */
export async function fetchFile(
  transfer: Transfer,
  surroundings: Surroundings,
  retrying: Retrying = RETRYING,
): Promise<void> {
  const { folder, signal, onProgress, reserve } = surroundings;
  const { id, descriptor: { sealedSize, hash } } = transfer;
  // What an end of the process left between the last byte and the row.
  if (await folder.size(id) !== sealedSize) {
    using part = await Part.open(folder, id, sealedSize, reserve);
    await collect(part, transfer, surroundings, retrying);
    signal.throwIfAborted();
    await part.file.syncData();
    await folder.complete(id);
  } else if (!equal(new Uint8Array((await folder.hash(id, sealedSize)).digest()), hash)) {
    await folder.remove(id);
    throw damaged();
  }
  onProgress(sealedSize);
}

/** Bytes of another's file that lie here while it is not whole. */
export async function partSize({ id, mine, descriptor }: Transfer, folder: FileFolder) {
  return mine ? 0 : Math.min(descriptor.sealedSize, await folder.size(`${id}.part`));
}

/**
 * Tells by its content what a file is that has come, and how large a picture: what its sender said
 * of it counts no more. As it is without the key.
 * @throws SimppdError `file-damaged` when it does not open
 */
export async function look(transfer: Transfer, folder: FileFolder): Promise<Transfer> {
  const { id, descriptor } = transfer;
  const { key } = descriptor;
  if (key === undefined) return transfer;
  try {
    const source = await SealedSource.open(folder.file(id), { ...descriptor, key });
    try {
      const head = await source.read(0, HEAD);
      const type = sniff(head);
      const pixels = pictureSize(head) ??
        (type.startsWith("image/") ? pictureSize(await source.read(0, MOST_HEADER)) : undefined);
      return { ...transfer, type, pixels: pixels ?? null };
    } finally {
      await source.close();
    }
  } catch (error) {
    if ((error as SimppdError).code !== "open-failed") throw error;
    // Its sender vouched for bytes that do not open.
    throw damaged(error);
  }
}

async function collect(
  part: Part,
  transfer: Transfer,
  { ways, signal, onProgress }: Surroundings,
  { rounds, first, most }: Retrying,
): Promise<void> {
  const { descriptor, peer, sender } = transfer;
  const wanted: WantedFile = { ...descriptor, peer, from: sender };
  let sources = inOrder(descriptor.sources, transfer.ways ?? WAY_KINDS)
    .filter(({ kind }) => ways.some((way) => way.kind === kind));
  let problem: unknown = noSource();
  const backoff = new Backoff(first, most);
  for (let idle = 0; idle < rounds && sources.length > 0;) {
    const before = part.length;
    for (const source of [...sources]) {
      try {
        return await from(source, part, wanted, ways, signal, onProgress);
      } catch (error) {
        signal.throwIfAborted();
        if (part.broken !== undefined) throw part.broken;
        problem = error;
        if (DEFINITE.has((error as SimppdError).code)) {
          sources = sources.filter((other) => other !== source);
        }
      }
    }
    const moved = part.length > before;
    if (moved) backoff.reset();
    idle = moved ? 0 : idle + 1;
    if (sources.length > 0 && idle < rounds) await sleep(backoff.next(), signal);
    signal.throwIfAborted();
  }
  throw problem;
}

/** One attempt at one source; resolves when the file is whole and right. */
async function from(
  source: Source,
  part: Part,
  wanted: WantedFile,
  ways: Surroundings["ways"],
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<void> {
  const way = ways.find(({ kind }) => kind === source.kind)!;
  const sink = async (bytes: Uint8Array) => {
    signal.throwIfAborted();
    await part.write(bytes);
    onProgress(part.length);
  };
  part.origins.add(source);
  if (part.length < wanted.sealedSize) {
    await way.fetch(source, wanted, part.length, sink, signal, () => {});
  }
  if (part.length < wanted.sealedSize) {
    throw new SimppdError("transfer-failed", "The file ended before its declared length.");
  }
  if (equal(part.digest(), wanted.hash)) return;
  // Of several sources nobody knows which one it was: each is asked for all of it.
  const whose = part.origins.size === 1 || part.cleared === MOST_MIXTURES;
  await part.clear();
  throw whose ? damaged() : new SimppdError("mixture-damaged", "Parts of a file do not fit.");
}

/** The part of a sealed file that is here. */
class Part {
  readonly file: Deno.FsFile;
  /** Where its bytes come from; `null` for what was here before. */
  readonly origins = new Set<Source | null>();
  /** How often it began anew. */
  cleared = 0;
  /** What is wrong on this side, when something is: no other source would help. */
  broken: unknown;
  readonly #folder: FileFolder;
  readonly #reserve: number;
  readonly #most: number;
  #hash: Hash;
  #length: number;
  /** Where the disk was looked at last. */
  #lookedAt: number;

  private constructor(
    file: Deno.FsFile,
    folder: FileFolder,
    reserve: number,
    most: number,
    hash: Hash,
    length: number,
  ) {
    this.file = file;
    this.#folder = folder;
    this.#reserve = reserve;
    this.#lookedAt = length;
    this.#most = most;
    this.#hash = hash;
    this.#length = length;
    if (length > 0) this.origins.add(null);
  }

  static async open(
    folder: FileFolder,
    id: string,
    most: number,
    reserve: number,
  ): Promise<Part> {
    const name = `${id}.part`;
    const file = await folder.continue(name);
    try {
      let length = (await file.stat()).size;
      if (length > most) await file.truncate(length = 0);
      if (length === 0) {
        return new Part(file, folder, reserve, most, createHash("sha256"), 0);
      }
      const hash = await folder.hash(name, length);
      await file.seek(length, Deno.SeekMode.Start);
      return new Part(file, folder, reserve, most, hash, length);
    } catch (error) {
      file.close();
      throw diskFull(error);
    }
  }

  get length(): number {
    return this.#length;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#length + bytes.length > this.#most) {
      throw new SimppdError("too-much", `More came than the ${this.#most} bytes declared.`);
    }
    try {
      await this.#look();
      for (let at = 0; at < bytes.length;) at += await this.file.write(bytes.subarray(at));
    } catch (error) {
      throw this.broken = diskFull(error);
    }
    this.#hash.update(bytes);
    this.#length += bytes.length;
  }

  /** Others write to the disk, too. */
  async #look(): Promise<void> {
    if (this.#length - this.#lookedAt < LOOK_EVERY) return;
    this.#lookedAt = this.#length;
    if (await this.#folder.free() < this.#reserve) throw diskIsFull();
  }

  /** SHA-256 of it; taken once. */
  digest(): Bytes {
    return new Uint8Array(this.#hash.digest());
  }

  /** Begins anew. */
  async clear(): Promise<void> {
    this.cleared++;
    this.origins.clear();
    await this.file.truncate(0);
    await this.file.seek(0, Deno.SeekMode.Start);
    this.#hash = createHash("sha256");
    this.#length = this.#lookedAt = 0;
  }

  [Symbol.dispose](): void {
    this.file.close();
  }
}

function noSource(): SimppdError {
  return new SimppdError("no-way", "This file can be had in no way that this simppd knows.");
}

function damaged(cause?: unknown): SimppdError {
  return new SimppdError(
    "file-damaged",
    "What came is not what the sender described: it was changed on the way, or badly sent. It was " +
      "thrown away.",
    cause,
  );
}
