/** What of one transfer, or of many of one sender and state together, is counted. */
export interface Figures {
  /** Contact or room. */
  readonly peer: string;
  /** Who sent it; "" for one's own. */
  readonly sender: string;
  readonly state: string;
  /** A person wants it; else it comes by itself. */
  readonly asked: boolean;
  /** Bytes that it takes on the disk, or is going to. */
  readonly bytes: number;
  /** Bytes of these that are not there yet. */
  readonly missing: number;
}

/** What one sender's transfers over one contact or room come to. */
export interface SenderCounts {
  readonly transfers: number;
  /** Those that nobody said yes or no to. */
  readonly offered: number;
  /** Bytes of what came, or comes, by itself. */
  readonly byItself: number;
}

const NOTHING: SenderCounts = { transfers: 0, offered: 0, byItself: 0 };

/** What all transfers come to: asked for with every new one. */
export class TransferCounts {
  readonly #senders = new Map<string, SenderCounts>();
  #all = { bytes: 0, missing: 0, byItself: 0 };

  /** Over all: bytes promised, those not on the disk yet, and what comes by itself. */
  get all(): Readonly<{ bytes: number; missing: number; byItself: number }> {
    return this.#all;
  }

  of(peer: string, sender: string): SenderCounts {
    return this.#senders.get(`${peer} ${sender}`) ?? NOTHING;
  }

  /** @param times how many these figures are of, together; negative to take them off */
  add({ peer, sender, state, asked, bytes, missing }: Figures, times: number): void {
    const sign = Math.sign(times);
    const alone = asked ? 0 : sign * bytes;
    const { transfers, offered, byItself } = this.of(peer, sender);
    const now: SenderCounts = {
      transfers: transfers + times,
      offered: offered + (state === "offered" ? times : 0),
      byItself: byItself + alone,
    };
    if (now.transfers > 0) this.#senders.set(`${peer} ${sender}`, now);
    else this.#senders.delete(`${peer} ${sender}`);
    const all = this.#all;
    this.#all = {
      bytes: all.bytes + sign * bytes,
      missing: all.missing + sign * missing,
      byItself: all.byItself + alone,
    };
  }
}
