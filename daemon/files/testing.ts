import { type Bytes, SimppdError, sleep } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import { FileFolder } from "./folder.ts";
import { FILE_LIMITS, type FileLimits } from "./limits.ts";
import type { Transfer, TransferState } from "./transfer.ts";
import { TransferStore } from "./transfer_store.ts";
import { Transfers, type TransfersOptions } from "./transfers.ts";
import type { OutgoingFile, Source, WantedFile, Way, WayKind } from "./ways.ts";

/** What may happen to the bytes of one fetch; `at` is where the piece stands in the sealed file. */
export type Fault = (piece: Uint8Array, at: number) => Uint8Array;

/** A way through memory: what one offers the other fetches, with what a test does to it. */
export class MemoryWay implements Way {
  readonly kind: WayKind;
  readonly offered = new Map<string, OutgoingFile>();
  readonly withdrawn: string[] = [];
  /** How often a fetch began, and where. */
  readonly begun: number[] = [];
  /** What is done to each piece; throwing cuts the fetch off. */
  fault: Fault = (piece) => piece;
  /** Sent behind the end of the file. */
  more: Uint8Array = new Uint8Array();
  /** Bytes a piece. */
  piece = 50_000;
  /** Milliseconds between pieces. */
  pause = 0;
  /** What offering fails with, when it is to fail. */
  refusal: SimppdError | undefined;
  isUsable = true;
  /** The most fetches that went on at one time. */
  most = 0;
  #now = 0;

  constructor(kind: WayKind = "upload") {
    this.kind = kind;
  }

  usable(): boolean {
    return this.isUsable;
  }

  async offer(
    file: OutgoingFile,
    signal: AbortSignal,
    onProgress: (bytes: number) => void,
  ): Promise<Source> {
    if (this.refusal !== undefined) throw this.refusal;
    this.offered.set(file.id, file);
    if (this.kind !== "upload") return { kind: this.kind, params: { id: file.id } };
    let sent = 0;
    for await (const piece of file.read(0)) {
      signal.throwIfAborted();
      if (this.pause > 0) await sleep(this.pause, signal);
      signal.throwIfAborted();
      onProgress(sent += piece.length);
    }
    return { kind: "upload", url: `https://upload.test/${file.id}` };
  }

  withdraw(id: string): void {
    if (this.offered.delete(id)) this.withdrawn.push(id);
  }

  async fetch(
    _source: Source,
    file: WantedFile,
    offset: number,
    sink: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const there = this.offered.get(file.id);
    if (there === undefined) throw new SimppdError("download-refused", "It is not there.");
    this.begun.push(offset);
    this.most = Math.max(this.most, ++this.#now);
    try {
      let at = offset;
      for await (const bytes of there.read(offset)) {
        for (let from = 0; from < bytes.length; from += this.piece) {
          if (this.pause > 0) await sleep(this.pause, signal);
          signal.throwIfAborted();
          const piece = bytes.slice(from, from + this.piece);
          await sink(this.fault(piece, at));
          at += piece.length;
        }
      }
      if (this.more.length > 0) await sink(this.more);
    } finally {
      this.#now--;
    }
  }
}

/** One person's transfers, in a scratch folder. */
export interface Desk {
  readonly transfers: Transfers;
  readonly store: TransferStore;
  readonly folder: FileFolder;
  readonly path: string;
  /** What the receivers were told. */
  readonly announced: Transfer[];
  /** Ends, and begins anew on the same folder, as after a crash. */
  again(): Promise<Desk>;
  close(): Promise<void>;
}

const MASTER = new Uint8Array(32).fill(7);

/** Makes one. @param path of an earlier one's folder */
export async function desk(
  ways: readonly Way[],
  limits: Partial<FileLimits> = {},
  path?: string,
  announce?: (transfer: Transfer) => Promise<void>,
  more: Partial<TransfersOptions> = {},
): Promise<Desk> {
  const root = path ?? await Deno.makeTempDir({ prefix: "files-" });
  const db = openDatabase(`${root}/simppd.db`, MIGRATIONS);
  const store = new TransferStore(db, new Vault(MASTER, systemRandom));
  const folder = new FileFolder(`${root}/files`);
  const announced: Transfer[] = [];
  const transfers = new Transfers({
    store,
    folder,
    ways,
    limits: () => ({ ...FILE_LIMITS, diskReserve: 0, ...limits }),
    retrying: { rounds: 3, first: 1, most: 5 },
    announce: async (transfer) => {
      await announce?.(transfer);
      announced.push(transfer);
    },
    ...more,
  });
  const end = async () => {
    await transfers.close();
    db.close();
  };
  return {
    transfers,
    store,
    folder,
    path: root,
    announced,
    async again() {
      await end();
      return await desk(ways, limits, root, announce, more);
    },
    async close() {
      await end();
      await Deno.remove(root, { recursive: true });
    },
  };
}

/** Resolves when a transfer is in one of these states; it waits for ten seconds. */
export async function reaches(
  transfers: Transfers,
  id: string,
  ...states: TransferState[]
): Promise<Transfer> {
  const right = (transfer: Transfer | undefined) =>
    transfer !== undefined && transfer.id === id && states.includes(transfer.state);
  const stop = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      transfers.changed.on((transfer) => right(transfer) && resolve(transfer), stop.signal);
      const now = transfers.get(id);
      if (right(now)) resolve(now!);
      const late = () =>
        reject(new Error(`${id} is ${JSON.stringify(transfers.get(id)?.state)}, not ${states}`));
      void sleep(10_000, stop.signal).then(() => stop.signal.aborted || late());
    });
  } finally {
    stop.abort();
  }
}

/** Bytes that come in pieces, as from the dashboard. */
export function source(bytes: Uint8Array, piece = 30_000) {
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  };
  return { size: bytes.length, bytes: pieces() };
}

/** Bytes that differ everywhere, the same for the same seed. */
export function pattern(length: number, seed = 1): Bytes {
  const out = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + i | 0;
    out[i] = state >>> 13;
  }
  return out;
}

/** All of a file that is here. */
export async function contentOf(transfers: Transfers, id: string): Promise<Uint8Array> {
  const file = await transfers.open(id);
  try {
    return new Uint8Array(await new Blob(await Array.fromAsync(file.chunks())).arrayBuffer());
  } finally {
    await file.close();
  }
}
