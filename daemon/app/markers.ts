import { logOf } from "../base/mod.ts";
import { el, type Element, NS } from "../xmpp/core/mod.ts";
import type { Incoming } from "./incoming.ts";
import type { PlainLink } from "./plain_link.ts";
import type { SealedLink } from "./sealed_link.ts";

/** Contacts of whom the newest message is remembered until it is read. */
const MOST = 500;
const MAX_ID = 128;

/** What marks stand on. */
export interface MarkersOptions {
  readonly link: SealedLink;
  readonly plain: PlainLink;
  /** Did the person choose that contacts with whom they chat sealed are told? */
  readonly tellSeen: () => boolean;
  /** May this contact hear anything of us? */
  readonly isAnswered: (jid: string) => boolean;
}

/**
 * Tells contacts how far one has read, where they asked for it (XEP-0333): in clear where the chat
 * is, within the sealed envelope where the person chose that, and never outside of it.
 */
export class Markers {
  readonly #o: MarkersOptions;
  /** The newest message of each contact that asks for a mark, and how it came. */
  readonly #unread = new Map<string, { id: string; sealed: boolean }>();

  constructor(options: MarkersOptions) {
    this.#o = options;
  }

  /** Notes a message that asks to be marked. */
  receive({ from, suite, id, envelope }: Incoming): void {
    const { content } = envelope;
    if (!content.some((child) => child.is("markable", NS.chatMarkers))) return;
    if (!content.some((child) => child.is("body", NS.client))) return;
    const sealed = suite !== "none";
    const named = sealed
      ? content.find((child) => child.is("origin-id", NS.stanzaIds))?.attrs.id
      : id;
    if (named === undefined || named === "" || named.length > MAX_ID) return;
    if (this.#unread.size >= MOST) this.#unread.clear();
    this.#unread.set(from, { id: named, sealed });
  }

  /** The person has read the chat with this contact. */
  read(contact: string): void {
    const newest = this.#unread.get(contact);
    if (newest === undefined) return;
    const { id, sealed } = newest;
    const { link, plain, tellSeen, isAnswered } = this.#o;
    const mark = [el("displayed", { xmlns: NS.chatMarkers, id })];
    if (!sealed && !plain.isAllowed(contact)) return;
    this.#unread.delete(contact);
    // What was read while nobody was to be told is not told later either.
    if (sealed && (!tellSeen() || !isAnswered(contact))) return;
    const sent = sealed
      ? link.send(contact, mark, { store: true, standing: true })
      : plain.send(contact, mark);
    sent.catch((error) => logOf("app").info("a mark was not sent: {error}", { error }));
  }
}

/** What a mark says of one of our messages: that it arrived at least; undefined: there is none. */
export function markIn(content: readonly Element[]): { id: string; seen: boolean } | undefined {
  const mark = content.find((child) =>
    child.getNS() === NS.chatMarkers &&
    ["received", "displayed", "acknowledged"].includes(child.getName())
  );
  const id = mark?.attrs.id;
  return id === undefined ? undefined : { id, seen: mark!.getName() !== "received" };
}
