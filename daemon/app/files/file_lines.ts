import type { Transfer } from "../../files/mod.ts";
import type { Messages } from "../../store/mod.ts";
import type { MessageView } from "../../views/mod.ts";

/** Where lines of files in groups go. */
export interface GroupLines {
  has(group: string): boolean;
  put(transfer: Transfer, own: string): void;
  remove(id: string, group: string): void;
}

/** The line that a file has among what was said, under the transfer's id; its text is the name. */
export class FileLines {
  readonly #messages: Messages;
  readonly #groups: GroupLines;
  readonly #changed: (message: MessageView) => void;

  /** @param changed a line of a chat is new or another */
  constructor(messages: Messages, groups: GroupLines, changed: (message: MessageView) => void) {
    this.#messages = messages;
    this.#groups = groups;
    this.#changed = changed;
  }

  /** Puts the line where it is not yet. */
  put(transfer: Transfer, own: string): void {
    const { id, peer, at, descriptor, sender } = transfer;
    if (this.#groups.has(peer)) return this.#groups.put(transfer, own);
    const mine = transfer.mine || sender === own;
    const line: MessageView = {
      id,
      contact: peer,
      mine,
      at,
      kind: "file",
      body: descriptor.name,
      link: null,
      delivery: transfer.mine ? "pending" : mine ? "sent" : null,
      problem: null,
      edited: false,
      suite: null,
    };
    if (this.#messages.add(line, !mine)) this.#changed(line);
  }

  /** The server has word of it. */
  sent(transfer: Transfer): void {
    this.#deliver(transfer, "sent");
  }

  /** They have it whole. */
  delivered(transfer: Transfer): void {
    // They fetched it after all.
    if (this.isDeclined(transfer)) this.#deliver(transfer, "pending");
    this.#deliver(transfer, "delivered");
  }

  /** They do not want it. */
  declined(transfer: Transfer): void {
    const message = "They declined this file.";
    this.#deliver(transfer, "failed", { problem: { code: "declined", message } });
  }

  /** Do they say that they have it, or do not want it? */
  arrived({ id, peer }: Transfer): boolean {
    const delivery = this.#messages.get(peer, true, id)?.delivery;
    return delivery !== "pending" && delivery !== "sent";
  }

  /** Do they say that they do not want it? */
  isDeclined({ id, peer }: Transfer): boolean {
    const { delivery, problem } = this.#messages.get(peer, true, id) ?? {};
    return delivery === "failed" && problem?.code === "declined";
  }

  remove(id: string, place: string): void {
    if (this.#groups.has(place)) this.#groups.remove(id, place);
    else this.#messages.remove(place, id);
  }

  #deliver(
    { id, peer }: Transfer,
    delivery: "pending" | "sent" | "delivered" | "failed",
    extra: Parameters<Messages["setDelivery"]>[3] = {},
  ): void {
    const changed = this.#messages.setDelivery(peer, id, delivery, extra);
    if (changed !== undefined) this.#changed(changed);
  }
}
