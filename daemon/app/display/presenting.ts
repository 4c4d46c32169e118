import { SimppdError } from "../../base/mod.ts";
import type { DisplayItemView, DisplaysView } from "../../views/mod.ts";
import type { Displays } from "./displays.ts";
import { DISPLAY_LIMITS } from "./limits.ts";
import { bytesWithin, memorySource } from "./source.ts";

/** How files marked for display, and word that they are cleared, get to others. */
export interface DisplaySending {
  /**
   * Sends a file marked for display to a group or contact.
   * @returns the id under which our own stage shows it, offered there already
   * @throws SimppdError when it cannot be sent there
   */
  sendFile(input: {
    to: string;
    name: string;
    size: number;
    bytes: ReadableStream<Uint8Array>;
    display: true;
  }): Promise<{ id: string }>;
  /** Tells `to` that what we show there is cleared. */
  sendClear(to: string): Promise<void>;
}

/** What this machine's person shows: to others, or on their own stage. */
export class Presenting {
  readonly #displays: Displays;
  readonly #own: () => string;
  readonly #sending: DisplaySending | undefined;

  /** @param own this person's bare JID, "" before there is one */
  constructor(displays: Displays, own: () => string, sending?: DisplaySending) {
    this.#displays = displays;
    this.#own = own;
    this.#sending = sending;
  }

  /**
   * @param input.to group or contact; null: this machine's stage alone, from memory
   * @param input.size needed for others: a file is sealed as it comes, and its size stands first
   * @throws SimppdError `too-large`, `no-file-transfer`, `display-…`, `bad-input`; those of sending
   */
  async present(
    input: { to: string | null; name: string; size?: number; bytes: ReadableStream<Uint8Array> },
  ): Promise<DisplayItemView> {
    const { to, name, size, bytes } = input;
    if (to !== null) {
      const reach = this.#reach();
      if (size === undefined) {
        throw new SimppdError("bad-input", "How many bytes a file for others has must be said.");
      }
      const { id } = await reach.sendFile({ to, name, size, bytes, display: true });
      return this.#displays.get(id);
    }
    const held = await bytesWithin(bytes, DISPLAY_LIMITS.own);
    const shown = await this.#displays.offer({
      id: crypto.randomUUID(),
      place: null,
      from: this.#own(),
      mine: true,
      verified: true,
      displayer: null,
      name,
      source: () => Promise.resolve(memorySource(held, name)),
    });
    if (shown.reason === null) return shown!;
    this.#displays.forget({ id: shown.id });
    throw new SimppdError(shown.reason.code, shown.reason.message);
  }

  /** Clears what we show in a place, there too. @throws SimppdError `no-file-transfer` */
  async clear(to: string | null): Promise<DisplaysView> {
    if (to !== null) await this.#reach().sendClear(to);
    return this.#displays.clear(to, { from: this.#own(), displayer: false });
  }

  #reach(): DisplaySending {
    if (this.#sending !== undefined) return this.#sending;
    throw new SimppdError(
      "no-file-transfer",
      "This simppd cannot send files to others yet; without --to and --group it shows them here.",
    );
  }
}
