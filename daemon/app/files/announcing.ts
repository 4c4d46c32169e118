import { logOf, publicError, SimppdError } from "../../base/mod.ts";
import { type Transfer, type Transfers, withoutKey, writeDescriptor } from "../../files/mod.ts";
import { writeSignal } from "./signals.ts";
import type { AppFilesOptions } from "./surroundings.ts";

/** What was sent within this time is told again to somebody whose session was renewed, in ms. */
const TELL_AGAIN = 7 * 86_400_000;
/** What the link says when a connection is missing: the transfer goes on with the next one. */
const OFFLINE = ["not-online", "not-confirmed"];

/** What of files' surroundings telling of them needs. */
type Surroundings = Pick<AppFilesOptions, "groups" | "people" | "lines" | "send">;

/** Tells contacts and groups of our files, and takes back what was told. */
export class Announcing {
  readonly #o: Surroundings;

  constructor(options: Surroundings) {
    this.#o = options;
  }

  /** @throws SimppdError `offline` where a connection is missing, and those of the link and group */
  async tell(transfer: Transfer): Promise<void> {
    const { peer, descriptor, keyOnRequest } = transfer;
    const { groups, send } = this.#o;
    const element = writeDescriptor(keyOnRequest ? withoutKey(descriptor) : descriptor);
    try {
      if (groups.has(peer)) groups.say(peer, element);
      else await send(peer, [element], { copy: true });
    } catch (error) {
      if (!OFFLINE.includes((error as SimppdError).code)) throw error;
      throw new SimppdError("offline", publicError(error).message, error);
    }
  }

  /** A session was renewed: what they could not open is told again. */
  tellAgain(transfers: Pick<Transfers, "list">, peer: string): void {
    const since = Date.now() - TELL_AGAIN;
    for (const transfer of transfers.list({ peer, limit: 100 })) {
      const { mine, announced, at, state } = transfer;
      const told = mine && announced && at > since && (state === "done" || state === "offered");
      if (!told || this.#o.lines.arrived(transfer)) continue;
      this.tell(transfer).catch((error) =>
        logOf("files").info("a file is not told again: {error}", { error })
      );
    }
  }

  /** Who was told of a file of ours need not ask for it in vain. */
  takeBack({ peer, announced, descriptor }: Transfer): void {
    const { groups, send } = this.#o;
    if (!announced) return;
    const signal = writeSignal({ name: "taken-back", file: descriptor.id });
    const told = groups.has(peer)
      ? Promise.try(() => groups.say(peer, signal))
      : send(peer, [signal], { copy: true });
    told.catch((error) =>
      logOf("files").info("nobody is told of what is taken back: {error}", { error })
    );
  }
}
