import { SimppdError } from "../base/mod.ts";
import type { FileLimits } from "./limits.ts";
import type { Transfer } from "./transfer.ts";
import type { TransferStore } from "./transfer_store.ts";

/** How many transfers are remembered: counted for each sender, so that nobody pushes out others'. */
export class Remembered {
  readonly #store: TransferStore;
  readonly #limits: () => FileLimits;
  readonly #forget: (id: string) => Promise<void>;

  constructor(
    store: TransferStore,
    limits: () => FileLimits,
    forget: (id: string) => Promise<void>,
  ) {
    this.#store = store;
    this.#limits = limits;
    this.#forget = forget;
  }

  /**
   * Makes place for one more: where there are as many of its sender as are remembered, their oldest
   * of which nothing is here goes.
   * @throws SimppdError `too-many-offers`
   */
  async makePlace({ peer, sender }: Transfer): Promise<void> {
    if (this.#store.counts.of(peer, sender).transfers < this.#limits().remembered) return;
    const oldest = this.#store.oldestIdle(peer, sender);
    if (oldest !== undefined) return await this.#forget(oldest);
    throw new SimppdError(
      "too-many-offers",
      `There are as many files of ${sender || "yours"} in ${peer} as are remembered: forget some.`,
    );
  }

  /** {@link makePlace} for one that waits for a yes or no. @throws SimppdError `too-many-offers` */
  async makePlaceToOffer(transfer: Transfer): Promise<void> {
    const { peer, sender } = transfer;
    if (this.#store.counts.of(peer, sender).offered >= this.#limits().offers) {
      throw new SimppdError("too-many-offers", `${sender} offers more files than are remembered.`);
    }
    await this.makePlace(transfer);
  }
}
