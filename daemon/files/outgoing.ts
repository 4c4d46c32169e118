import { SimppdError } from "../base/mod.ts";
import type { Random } from "../crypto/mod.ts";
import { MOST_PIXELS } from "./descriptor.ts";
import { type PictureSize, pictureSize } from "./dimensions.ts";
import type { FileFolder } from "./folder.ts";
import { whileNeeded } from "./plain_file.ts";
import { type PlainSource, sealToFolder } from "./sealed_writer.ts";
import { changedWhileRead } from "./sealing.ts";
import { sniff } from "./sniff.ts";
import { canBeNamed, inOrder } from "./sources.ts";
import { makeThumbnail } from "./thumbnail.ts";
import type { Transfer } from "./transfer.ts";
import { type OnProgress, type OutgoingFile, type Source, type Way, WAY_KINDS } from "./ways.ts";

/** JPEGs up to this are read whole for a thumbnail. */
const MOST_PICTURE = 16e6;

/** What carrying a transfer on needs of its surroundings. */
export interface Surroundings {
  readonly folder: FileFolder;
  readonly ways: readonly Way[];
  readonly random: Random;
  /** Remembers the transfer as it is now. */
  readonly update: (transfer: Transfer) => void;
  readonly signal: AbortSignal;
  /** Bytes that are left free on the disk. */
  readonly reserve: number;
  readonly onProgress: OnProgress;
}

/**
 * Seals what is to be sent, and fills in the descriptor what only its bytes tell.
 * @throws SimppdError `file-changed`, `source-cut`, `disk-full`; the reason of the signal
 */
export async function seal(
  transfer: Transfer,
  source: PlainSource,
  { folder, random, update, signal, onProgress }: Surroundings,
): Promise<Transfer> {
  const { descriptor, id } = transfer;
  if (source.size !== descriptor.size) throw changedWhileRead(descriptor.size);
  const key = descriptor.key!;
  const options = { suite: descriptor.suite, random, signal, onProgress };
  const bytes = whileNeeded(source.bytes, signal);
  const made = await sealToFolder({ size: source.size, bytes }, key, folder, `${id}.part`, options);
  await folder.complete(id);
  const type = sniff(made.head);
  const size = pictureSize(made.head);
  const thumbnail = descriptor.thumbnail ?? await thumbnailOf(transfer, type);
  const sealed: Transfer = {
    ...transfer,
    type,
    sealed: true,
    descriptor: {
      ...descriptor,
      type,
      hash: made.hash,
      commitment: made.commitment,
      ...(size !== undefined && isSayable(size) ? size : {}),
      ...(thumbnail === undefined ? {} : { thumbnail }),
    },
  };
  update(sealed);
  return sealed;
}

async function thumbnailOf({ file, descriptor }: Transfer, type: string) {
  if (file === null || type !== "image/jpeg" || descriptor.size > MOST_PICTURE) return undefined;
  return makeThumbnail(await Deno.readFile(file.path));
}

/**
 * Makes a sealed file reachable by the ways it is to go. One that fails is passed over when another
 * does not.
 * @throws SimppdError `no-way`, or what the last of them failed with; the reason of the signal
 */
export async function offer(
  transfer: Transfer,
  { folder, ways, update, signal, onProgress }: Surroundings,
): Promise<Transfer> {
  const { descriptor, id, peer } = transfer;
  const file: OutgoingFile = {
    id: descriptor.id,
    peer,
    sealedSize: descriptor.sealedSize,
    hash: descriptor.hash,
    read: (offset, length) => folder.read(id, offset, length),
  };
  const sources: Source[] = [];
  let problem: unknown;
  for (const way of await chosen(transfer, ways)) {
    const there = descriptor.sources.find(({ kind }) => kind === way.kind);
    // In-band costs the server most: only where it took no upload, or one said so.
    const isNeeded = transfer.ways !== null || !isInBand(way) || there !== undefined ||
      !sources.some(({ kind }) => kind === "upload");
    if (!isNeeded) continue;
    // What was put somewhere lies there still; what is served must be served anew.
    if (there?.kind === "upload") {
      sources.push(there);
      continue;
    }
    try {
      const source = await way.offer(file, signal, onProgress);
      if (!canBeNamed(source)) throw unnameable();
      sources.push(source);
    } catch (error) {
      signal.throwIfAborted();
      problem = error;
    }
  }
  if (sources.length === 0) throw problem ?? noWay(transfer.ways);
  const offered = {
    ...transfer,
    descriptor: { ...descriptor, sources: inOrder(sources, WAY_KINDS) },
  };
  update(offered);
  return offered;
}

/** The ways that were asked for, or all, as far as they can be gone. */
async function chosen(transfer: Transfer, ways: readonly Way[]): Promise<Way[]> {
  const { ways: wanted, peer, announced, descriptor } = transfer;
  // What receivers were told of is kept, whether somebody seems to be there at this moment or not.
  const promised = (kind: Source["kind"]) =>
    announced && descriptor.sources.some((source) => source.kind === kind);
  const usable: Way[] = [];
  for (const kind of wanted ?? WAY_KINDS) {
    const way = ways.find((way) => way.kind === kind);
    if (way === undefined) continue;
    if (promised(kind) || await isUsable(way, peer)) usable.push(way);
  }
  return usable;
}

function isInBand({ kind }: Way): boolean {
  return kind === "ibb" || kind === "group";
}

/** One that cannot even tell, as when the connection is gone, is not. */
async function isUsable(way: Way, peer: string): Promise<boolean> {
  try {
    return await way.usable(peer);
  } catch {
    return false;
  }
}

/** Whether the file can be had without us: nothing is left to do then. */
export function isStored({ descriptor }: Transfer): boolean {
  return descriptor.sources.some(({ kind }) => kind === "upload");
}

function unnameable(): SimppdError {
  return new SimppdError(
    "bad-upload-slot",
    "Your server named a place for this file that others cannot be told of: no https address, or " +
      "one of more than 2,048 characters.",
  );
}

function noWay(wanted: Transfer["ways"]): SimppdError {
  if (wanted !== null) {
    return new SimppdError(
      "no-way",
      `This file cannot go by ${
        wanted.join(" or ")
      } at the moment, and no other way was allowed. ` +
        "Let it go on later, or send it again by any way.",
    );
  }
  return new SimppdError(
    "no-way",
    "There is no way to send this file at the moment: your server takes no files, or there is no " +
      "connection.",
  );
}

/** Nothing larger is said to be a picture. */
function isSayable({ width, height }: PictureSize): boolean {
  return Math.max(width, height) <= MOST_PIXELS;
}
