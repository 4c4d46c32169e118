import { logOf } from "../base/mod.ts";
import { el, NS } from "../xmpp/core/mod.ts";
import type { Incoming } from "./incoming.ts";
import type { PlainLink } from "./plain_link.ts";

/** Contacts of whom the newest message is remembered until it is read. */
const MOST = 500;

/**
 * Tells contacts with whom one chats in clear how far one has read, where they asked for it
 * (XEP-0333). Sealed chats tell that a message arrived, not that it was read.
 */
export class Markers {
  readonly #plain: PlainLink;
  /** Id of the newest message of each contact that asks for a mark. */
  readonly #unread = new Map<string, string>();

  constructor(plain: PlainLink) {
    this.#plain = plain;
  }

  /** Notes a message in clear that asks to be marked. */
  receive({ from, id, envelope }: Incoming): void {
    const asks = envelope.content.some((child) => child.is("markable", NS.chatMarkers));
    if (!asks || id === undefined || id === "") return;
    if (this.#unread.size >= MOST) this.#unread.clear();
    this.#unread.set(from, id);
  }

  /** The person has read the chat with this contact. */
  read(contact: string): void {
    const id = this.#unread.get(contact);
    if (id === undefined || !this.#plain.isAllowed(contact)) return;
    this.#unread.delete(contact);
    this.#plain.send(contact, [el("displayed", { xmlns: NS.chatMarkers, id })]).catch((error) =>
      logOf("app").info("a mark was not sent: {error}", { error })
    );
  }
}

/** What a mark says of one of our messages: that it arrived at least; undefined: it is no mark. */
export function markedId({ envelope }: Incoming): string | undefined {
  const mark = envelope.content.find((child) =>
    child.getNS() === NS.chatMarkers &&
    ["received", "displayed", "acknowledged"].includes(child.getName())
  );
  return mark?.attrs.id;
}
