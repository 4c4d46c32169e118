import { logOf } from "../base/mod.ts";
import type { Received } from "../simpp/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import type { SealedLink } from "./sealed_link.ts";

const STATES = "http://jabber.org/protocol/chatstates";
/** Ours is told again after this time; theirs is over when nothing was heard for thrice as long. */
const AGAIN = 5_000;
const OVER = 15_000;

/** Who is writing right now (XEP-0085), sealed like everything else; nothing of it is stored. */
export class Typing {
  readonly #link: SealedLink;
  readonly #changed: (contact: string) => void;
  readonly #theirs = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #told = new Map<string, { typing: boolean; at: number }>();

  /** @param changed called with a contact who begins or ends writing */
  constructor(link: SealedLink, changed: (contact: string) => void) {
    this.#link = link;
    this.#changed = changed;
  }

  /** Is this contact writing? */
  of(contact: string): boolean {
    return this.#theirs.has(contact);
  }

  /** Tells a contact that we write, or stopped; seldom enough to cost nothing. */
  tell(contact: string, typing: boolean): void {
    const now = Date.now();
    const told = this.#told.get(contact);
    if (told?.typing === typing && (!typing || now - told.at < AGAIN)) return;
    this.#told.set(contact, { typing, at: now });
    const state = el(typing ? "composing" : "paused", { xmlns: STATES });
    this.#link.send(contact, [state], { store: false }).catch((error) =>
      logOf("app").debug("chat state not sent: {error}", { error })
    );
  }

  /** Takes the chat state out of an opened message; a message ends what came before it. */
  receive({ from, envelope }: Received): void {
    const composing = envelope.content.some((child) => child.is("composing", STATES));
    const ended = envelope.content.some((child) =>
      child.name === "body" || (child.getNS() === STATES && child.name !== "composing")
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
