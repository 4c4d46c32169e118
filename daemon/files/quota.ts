import { SimppdError } from "../base/mod.ts";
import type { FileFolder } from "./folder.ts";
import type { FileLimits } from "./limits.ts";
import type { TransferStore } from "./transfer_store.ts";

/** How old the system's word on what is free may be, in ms. */
const ASK_FREE = 100;

/** Bytes of the plaintext, and of what lies on the disk. */
interface Sizes {
  readonly size: number;
  readonly sealedSize: number;
}

/** The room that sealed files may take up. */
export class Room {
  readonly #store: TransferStore;
  readonly #folder: FileFolder;
  readonly #limits: () => FileLimits;
  #asked: { readonly at: number; readonly free: Promise<number> } = {
    at: -Infinity,
    free: Promise.resolve(0),
  };

  constructor(store: TransferStore, folder: FileFolder, limits: () => FileLimits) {
    this.#store = store;
    this.#folder = folder;
    this.#limits = limits;
  }

  /**
   * Checks that there is room for one more, and has it put down at that very moment, so that no two
   * take the same room. Where the quota has none, sealed copies of one's own that went out are given
   * up, the oldest first.
   * @throws SimppdError `file-too-large`, `quota-full`, `disk-full`
   */
  async take<T>({ size, sealedSize }: Sizes, put: () => T): Promise<T> {
    const { fileBytes, quota, diskReserve } = this.#limits();
    if (size > fileBytes) {
      throw new SimppdError(
        "file-too-large",
        `The file has ${size} bytes; ${fileBytes} are allowed.`,
      );
    }
    if (await this.#free() - sealedSize < diskReserve) {
      throw new SimppdError("disk-full", "There is not enough room on the disk for this file.");
    }
    if (sealedSize <= quota) await this.#makeRoom(quota - sealedSize);
    if (this.#store.promised() + sealedSize > quota) {
      throw new SimppdError(
        "quota-full",
        `Files may take ${quota} bytes here, and there is no room for ${sealedSize} more. Forget ` +
          "some, or allow more.",
      );
    }
    return put();
  }

  /** Many small files come at one time: the system is asked once for those of a moment. */
  async #free(): Promise<number> {
    const now = performance.now();
    if (now - this.#asked.at > ASK_FREE) this.#asked = { at: now, free: this.#folder.free() };
    return await this.#asked.free;
  }

  async #makeRoom(most: number): Promise<void> {
    while (this.#store.promised() > most) {
      const oldest = this.#store.oldestKept();
      if (oldest === undefined) return;
      const transfer = this.#store.get(oldest)!;
      this.#store.put({ ...transfer, kept: false });
      await this.#folder.remove(oldest);
    }
  }
}
