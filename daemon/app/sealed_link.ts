import { Emitter, logOf, publicError, SimppdError } from "../base/mod.ts";
import { OpenError } from "../crypto/mod.ts";
import { type Received, type Simpp, SIMPP_NS, SimppError } from "../simpp/mod.ts";
import type { XmppClient } from "../xmpp/client/mod.ts";
import { el, type Element, Jid, newId } from "../xmpp/core/mod.ts";
import { confirmed } from "./confirmed.ts";

const HINTS = "urn:xmpp:hints";
/** Characters of packets in one stanza; servers take 256 KiB, whatever else stands around them. */
const STANZA_BUDGET = 190_000;
/** What may wait to be opened, of one sender and of all, in characters. */
const WAITING_OF_ONE = 4_000_000;
const WAITING = 32_000_000;

/** How one sealed message is to travel. */
export interface SendOptions {
  /** Should the server keep it for somebody who is offline? */
  readonly store: boolean;
  /** One device of the contact; all when absent. */
  readonly device?: string;
  /** Shall our own other devices have it too? */
  readonly copy?: boolean;
  /** Open a new session for it. */
  readonly renew?: boolean;
  /** Only over sessions that stand. */
  readonly standing?: boolean;
  /** The outer id; what is inside has its own. */
  readonly id?: string;
}

/** A sealed message that could not be opened; the sender may be anybody. */
export interface Unopened {
  readonly from: string;
  readonly code: string;
  readonly message: string;
}

/** Puts sealed content into message stanzas and takes it out again. Nothing leaves here in clear. */
export class SealedLink {
  readonly received = new Emitter<Received>();
  readonly unopened = new Emitter<Unopened>();
  /** Somebody says, unproved, that they refused to write to us or to hear us: bare JID. */
  readonly refused = new Emitter<string>();
  readonly #simpp: Simpp;
  readonly #isBlocked: (jid: string) => boolean;
  #client: XmppClient | undefined;
  readonly #waiting = new Map<string, number>();
  #waitingAll = 0;

  /** @param isBlocked what comes from these is not even opened */
  constructor(simpp: Simpp, isBlocked: (jid: string) => boolean = () => false) {
    this.#simpp = simpp;
    this.#isBlocked = isBlocked;
  }

  /** Uses this connection from now on. */
  attach(client: XmppClient): void {
    this.#client = client;
    client.hooks.message((stanza) => {
      const sealed = stanza.getChild("simpp", SIMPP_NS);
      if (sealed === undefined) return this.#isRefusal(stanza);
      if (stanza.attrs.type !== "error") void this.#open(stanza, sealed);
      return true;
    });
  }

  /**
   * Seals and sends; resolves once the server has it.
   * @throws SimppdError `not-online`: nothing left; `not-confirmed`: it may have left; or why it
   * could not be sealed
   */
  async send(
    to: string,
    content: readonly Element[],
    options: SendOptions,
  ): Promise<{ suite: string }> {
    const client = this.#online();
    const { parts, suite } = await this.#simpp.seal(to, content, options);
    this.#online();
    for (const part of parts) {
      for (const element of within(part.element, STANZA_BUDGET)) {
        this.#online().send(el(
          "message",
          { to: part.to, type: "chat", id: options.id ?? newId() },
          element,
          el("encryption", { xmlns: "urn:xmpp:eme:0", namespace: SIMPP_NS, name: "SIMPP" }),
          el(options.store ? "store" : "no-store", { xmlns: HINTS }),
        ));
      }
    }
    await confirmed(client);
    return { suite };
  }

  /** Tells a contact, in clear, that our policies have no suite in common. Nothing else is in it. */
  refuse(to: string): void {
    if (this.#client?.state !== "online") return;
    this.#client.send(el(
      "message",
      { to, type: "chat" },
      el("refused", { xmlns: SIMPP_NS, code: "no-common-suite" }),
      el("store", { xmlns: HINTS }),
    ));
  }

  #isRefusal(stanza: Element): boolean {
    const from = Jid.tryParse(stanza.attrs.from ?? "")?.bare().toString();
    if (from === undefined || stanza.getChild("refused", SIMPP_NS) === undefined) return false;
    if (stanza.attrs.type !== "error") this.refused.emit(from);
    return true;
  }

  async #open(stanza: Element, sealed: Element): Promise<void> {
    const from = Jid.tryParse(stanza.attrs.from ?? "")?.bare().toString();
    if (from === undefined || this.#isBlocked(from)) return;
    const size = sealed.getText().length + sealed.getChildren("for").reduce(
      (sum, part) => sum + part.getText().length,
      0,
    );
    const waiting = this.#waiting.get(from) ?? 0;
    if (waiting + size > WAITING_OF_ONE || this.#waitingAll + size > WAITING) {
      logOf("app").warn("a message from {from} was dropped: too many at once", { from });
      this.unopened.emit({
        from,
        code: "flood",
        message: `${from} sent more at once than can be opened; some of it was dropped.`,
      });
      return;
    }
    this.#waiting.set(from, waiting + size);
    this.#waitingAll += size;
    try {
      const received = await this.#simpp.open(from, sealed);
      if (received !== null) this.received.emit(received);
    } catch (error) {
      const known = error instanceof OpenError || error instanceof SimppError;
      if (!known) logOf("app").error("opening a message from {from}: {error}", { from, error });
      this.unopened.emit({ from, ...publicError(error) });
    } finally {
      this.#waitingAll -= size;
      const left = (this.#waiting.get(from) ?? 0) - size;
      if (left > 0) this.#waiting.set(from, left);
      else this.#waiting.delete(from);
    }
  }

  #online(): XmppClient {
    if (this.#client?.state !== "online") {
      throw new SimppdError("not-online", "There is no connection to the server right now.");
    }
    return this.#client;
  }
}

/** The same packets in as many elements as keep each below `budget`, unless one alone is past it. */
function within(sealed: Element, budget: number): Element[] {
  const elements: Element[] = [];
  let room = 0;
  for (const part of sealed.getChildren("for")) {
    const size = part.getText().length;
    if (room < size) {
      elements.push(el("simpp", { xmlns: SIMPP_NS, sid: sealed.attrs.sid }));
      room = budget;
    }
    elements.at(-1)!.append(part);
    room -= size;
  }
  return elements;
}
