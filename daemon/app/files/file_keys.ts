import { type Bytes, logOf, Rate } from "../../base/mod.ts";
import type { Transfer, Transfers } from "../../files/mod.ts";
import { type FileSignal, writeSignal } from "./signals.ts";
import type { AppFilesOptions } from "./surroundings.ts";

/** Questions of one device for keys that are looked at in a minute. */
const MOST_ASKED = 600;
/** A device is given a file's key again after so long, in ms. */
const GIVEN_AGAIN = 20_000;

/** What of files' surroundings their keys need. */
type Surroundings = Pick<AppFilesOptions, "store" | "groups" | "access" | "send">;

/** Keys that are not told with the file: asked of its sender, handed out under the group's rules. */
export class FileKeys {
  readonly #o: Surroundings;
  readonly #transfers: Pick<Transfers, "giveKey">;

  readonly #asked = new Rate(MOST_ASKED, 60_000);
  readonly #given = new Rate(1, GIVEN_AGAIN);
  readonly #before: (transfer: Transfer) => void;

  /** @param before is called with a file that is about to get its key */
  constructor(
    options: Surroundings,
    transfers: Pick<Transfers, "giveKey">,
    before: (transfer: Transfer) => void,
  ) {
    this.#o = options;
    this.#transfers = transfers;
    this.#before = before;
  }

  /** Asks who sent a file for its key; the server keeps the question. */
  ask({ sender, descriptor }: Transfer): void {
    const wanted = writeSignal({ name: "key-wanted", file: descriptor.id });
    this.#o.send(sender, [wanted], {}).catch((error) =>
      logOf("files").info("a key was not asked for: {error}", { error })
    );
  }

  /**
   * Answers the device that asks, alone: it must be in the group now, and be among those the file was
   * sent to. It is answered once in a while.
   */
  give(from: { readonly jid: string; readonly device: string }, file: string): void {
    const { store, groups, access, send } = this.#o;
    const { jid, device } = from;
    const now = performance.now();
    if (!this.#asked.allows(`${jid}/${device}`, now)) return;
    const asked = store.findOwn(file).flatMap((transfer) => {
      const { peer, id, descriptor: { key } } = transfer;
      const member = groups.has(peer) &&
        groups.members(peer).find((one) => one.jid === jid && one.device === device);
      if (!member || key === undefined || access.of(id) === undefined) return [];
      return access.allows(id, member) ? [key] : [undefined];
    });
    if (asked.length === 0 || !this.#given.allows(`${file} ${jid}/${device}`, now)) return;
    const key = asked.find((one) => one !== undefined);
    // Who is in the group sees the file: that it is for others is no secret from them.
    const answer: FileSignal = key === undefined
      ? { name: "key-refused", file }
      : { name: "key", file, key };
    send(jid, [writeSignal(answer)], { device }).catch((error) =>
      logOf("files").info("a key was not sent: {error}", { error })
    );
  }

  /** Who sent a file says that it is for others: the files of which that is news. */
  refused(from: string, file: string): Transfer[] {
    const { store, access } = this.#o;
    const news = store.findOf(from, file)
      .filter(({ id, descriptor }) => descriptor.key === undefined && !access.isRefused(id));
    for (const { id } of news) access.refused(id, true);
    return news;
  }

  /** Takes a key from who sent the file. */
  async take(from: string, file: string, key: Bytes): Promise<void> {
    for (const transfer of this.#o.store.findOf(from, file)) {
      if (transfer.descriptor.key !== undefined) continue;
      this.#before(transfer);
      try {
        this.#o.access.refused(transfer.id, false);
        await this.#transfers.giveKey(transfer.id, key);
      } catch (error) {
        logOf("files").warn("the key of a file does not fit: {error}", { error });
      }
    }
  }
}
