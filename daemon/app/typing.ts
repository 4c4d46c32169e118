import { logOf } from "../base/mod.ts";
import { el, NS } from "../xmpp/core/mod.ts";
import type { Incoming } from "./incoming.ts";
import type { PlainLink } from "./plain_link.ts";
import type { SealedLink } from "./sealed_link.ts";

/** Ours is told again after this time; theirs is over when nothing was heard for thrice as long. */
const AGAIN = 5_000;
const OVER = 15_000;

/**
 * Who is writing right now (XEP-0085), sealed like everything else, in clear only where the chat is;
 * nothing of it is stored.
 */
export class Typing {
  readonly #link: SealedLink;
  readonly #plain: PlainLink;
  readonly #changed: (contact: string) => void;
  readonly #theirs = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #told = new Map<string, { typing: boolean; at: number }>();

  /** @param changed called with a contact who begins or ends writing */
  constructor(link: SealedLink, plain: PlainLink, changed: (contact: string) => void) {
    this.#link = link;
    this.#plain = plain;
    this.#changed = changed;
  }

  /** Is this contact writing? */
  of(contact: string): boolean {
    return this.#theirs.has(contact);
  }

  /**
   * Tells a contact that we write, or stopped; seldom enough to cost nothing.
   * @param plain is the chat with them in clear?
   */
  tell(contact: string, typing: boolean, plain: boolean): void {
    const now = Date.now();
    const told = this.#told.get(contact);
    if (told?.typing === typing && (!typing || now - told.at < AGAIN)) return;
    this.#told.set(contact, { typing, at: now });
    const state = el(typing ? "composing" : "paused", { xmlns: NS.chatStates });
    if (plain) return this.#plain.tell(contact, state);
    this.#link.send(contact, [state], { store: false }).catch((error) =>
      logOf("app").debug("chat state not sent: {error}", { error })
    );
  }

  /** Takes the chat state out of a message; a message ends what came before it. */
  receive({ from, envelope }: Incoming): void {
    const composing = envelope.content.some((child) => child.is("composing", NS.chatStates));
    const ended = envelope.content.some((child) =>
      child.name === "body" || (child.getNS() === NS.chatStates && child.name !== "composing")
    );
    if (composing || ended) this.#set(from, composing);
  }

  close(): void {
    for (const timer of this.#theirs.values()) clearTimeout(timer);
    this.#theirs.clear();
  }

  #set(contact: string, typing: boolean): void {
    const before = this.#theirs.get(contact);
    clearTimeout(before);
    if (typing) this.#theirs.set(contact, setTimeout(() => this.#set(contact, false), OVER));
    else this.#theirs.delete(contact);
    if ((before !== undefined) !== typing) this.#changed(contact);
  }
}
