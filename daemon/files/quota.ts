import { SimppdError } from "../base/mod.ts";
import { diskIsFull, type FileFolder } from "./folder.ts";
import type { FileLimits } from "./limits.ts";
import { takenBy, type Transfer } from "./transfer.ts";
import type { TransferStore } from "./transfer_store.ts";
import type { AtWork } from "./turns.ts";

/** How old the system's word on what is free may be, in ms. */
const ASK_FREE = 100;

/** What room is told by. */
export interface RoomOptions {
  readonly store: TransferStore;
  readonly folder: FileFolder;
  readonly limits: () => FileLimits;
  /** Bytes on the disk of what is not whole yet, beyond what the store knows of. */
  readonly arrived: () => number;
}

/** The room that sealed files may take up, and who may take how much of it. */
export class Room {
  readonly #o: RoomOptions;
  #asked: { readonly at: number; readonly free: Promise<number> } = {
    at: -Infinity,
    free: Promise.resolve(0),
  };

  constructor(options: RoomOptions) {
    this.#o = options;
  }

  /**
   * Checks that there is room for a transfer, and has it put down at that very moment, so that no two
   * take the same room. What comes by itself keeps to its sender's share. For what a person sends or
   * asks for, sealed copies of one's own that went out are given up where the quota has no room, the
   * oldest first; for what comes by itself nothing is.
   * @param transfer as it stood before
   * @param asked a person wants it
   * @throws SimppdError `file-too-large`, `quota-full`, `disk-full`
   */
  async take<T>(transfer: Transfer, asked: boolean, put: () => T): Promise<T> {
    const { size, sealedSize } = transfer.descriptor;
    const { fileBytes, quota, diskReserve } = this.#o.limits();
    if (size > fileBytes) {
      throw new SimppdError(
        "file-too-large",
        `The file has ${size} bytes; ${fileBytes} are allowed.`,
      );
    }
    const more = sealedSize - takenBy(transfer).bytes;
    const free = await this.#free();
    // What was promised and is not here yet lies on no disk.
    const missing = Math.max(0, this.#o.store.counts.all.missing - this.#o.arrived());
    if (free - missing - more < diskReserve) throw diskIsFull();
    if (asked && sealedSize <= quota) await this.#makeRoom(quota - more);
    else if (!asked) this.#checkShare(transfer, more);
    if (this.#o.store.counts.all.bytes + more > quota) {
      throw new SimppdError(
        "quota-full",
        `Files may take ${quota} bytes here, and there is no room for ${sealedSize} more. Forget ` +
          "some, or allow more.",
      );
    }
    return put();
  }

  #checkShare({ peer, sender }: Transfer, more: number): void {
    const { quota, shareOfSender, shareOfAll } = this.#o.limits();
    const { counts } = this.#o.store;
    const right = counts.of(peer, sender).byItself + more <= quota * shareOfSender &&
      counts.all.byItself + more <= quota * shareOfAll;
    if (right) return;
    throw new SimppdError(
      "quota-full",
      `What comes by itself from ${sender} has taken its share of the room: it comes when you ask ` +
        "for it.",
    );
  }

  /** Many small files come at one time: the system is asked once for those of a moment. */
  async #free(): Promise<number> {
    const now = performance.now();
    if (now - this.#asked.at > ASK_FREE) this.#asked = { at: now, free: this.#o.folder.free() };
    return await this.#asked.free;
  }

  async #makeRoom(most: number): Promise<void> {
    const { store, folder } = this.#o;
    while (store.counts.all.bytes > most) {
      const oldest = store.oldestKept();
      if (oldest === undefined) return;
      const transfer = store.get(oldest)!;
      store.put({ ...transfer, kept: false });
      await folder.remove(oldest);
    }
  }
}

/** Bytes of what moves that came since it began: the store knows of what was there before. */
export function arrived(moving: ReadonlyMap<string, AtWork>, store: TransferStore): number {
  let bytes = 0;
  for (const [id, { meter }] of moving) {
    const transfer = store.get(id);
    if (transfer === undefined) continue;
    const came = Math.max(0, meter.view.bytes - transfer.held);
    bytes += Math.min(came, takenBy(transfer).missing);
  }
  return bytes;
}
