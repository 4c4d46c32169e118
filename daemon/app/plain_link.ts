import { Emitter, SimppdError } from "../base/mod.ts";
import { type Simpp, SIMPP_NS } from "../simpp/mod.ts";
import type { XmppClient } from "../xmpp/client/mod.ts";
import { el, type Element, Jid, newId, NS } from "../xmpp/core/mod.ts";
import { confirmed } from "./confirmed.ts";
import type { Incoming } from "./incoming.ts";
import type { People } from "./people.ts";

/** How long what a look for a contact's keys found is believed, in ms. */
const LOOKED_AGE = 10 * 60_000;
/** Most contacts of whom it is remembered. */
const MOST_LOOKED = 1_000;
/** Ids that are shorter may be counted from one, again and again, by their program. */
const MIN_ID = 8;
/** What encrypts in a way that we do not know; the text beside it only says so. */
const ENCRYPTED = ["urn:xmpp:omemo:2", "eu.siacs.conversations.axolotl", "jabber:x:encrypted"];

/** Something in clear that was not taken for what its sender may have meant. */
export interface Withheld {
  readonly from: string;
  /** `plain-from-simppd`: they have keys, so it may be forged; `unreadable`: another encryption. */
  readonly code: "plain-from-simppd" | "unreadable";
}

/**
 * Chat in clear with contacts who have no simppd (RFC 6121 section 5): only where the person chose
 * it for that contact, and never once the contact has shown keys.
 */
export class PlainLink {
  readonly received = new Emitter<Incoming>();
  /** Whether a contact chatted with in clear is writing (XEP-0085); nothing to keep. */
  readonly states = new Emitter<Incoming>();
  readonly withheld = new Emitter<Withheld>();
  /** A contact with whom one chatted in clear has shown keys: bare JID. */
  readonly ended = new Emitter<string>();
  readonly #simpp: Simpp;
  readonly #people: People;
  readonly #looked = new Map<string, number>();
  #client: XmppClient | undefined;

  constructor(simpp: Simpp, people: People) {
    this.#simpp = simpp;
    this.#people = people;
  }

  /** Uses this connection from now on. Register it after whatever opens sealed messages. */
  attach(client: XmppClient): void {
    this.#client = client;
    client.hooks.feature(NS.chatMarkers);
    client.hooks.message((stanza) => this.#take(stanza));
  }

  /** May a contact be written to in clear? False, and the choice undone, once they have keys. */
  isAllowed(jid: string): boolean {
    if (!this.#people.has(jid) || !this.#people.get(jid).plain) return false;
    if (this.#simpp.trust.describe(jid) === undefined) return true;
    this.#people.setPlain(jid, false);
    this.ended.emit(jid);
    return false;
  }

  /**
   * The person's choice for one contact.
   * @throws SimppdError `has-keys`, `not-online`, `unknown-contact`
   */
  async allow(jid: string, allowed: boolean): Promise<void> {
    const { jid: known } = this.#people.get(jid);
    if (allowed) await this.#look(known, true);
    if (allowed && this.#simpp.trust.describe(known) !== undefined) throw hasKeys(known);
    this.#people.setPlain(known, allowed);
  }

  /**
   * Sends in clear; resolves once the server has it.
   * @throws SimppdError `plain-not-allowed`, `has-keys`, `not-online`, `not-confirmed`
   */
  async send(
    to: string,
    content: readonly Element[],
    { id = newId() }: { id?: string } = {},
  ): Promise<void> {
    const client = this.#online();
    await this.#look(to, false);
    const was = this.#people.has(to) && this.#people.get(to).plain;
    if (!this.isAllowed(to)) throw was ? hasKeys(to) : notAllowed(to);
    client.send(el("message", { to, type: "chat", id }, ...content));
    await confirmed(client);
  }

  /**
   * Says in clear what is worth nothing later, as whether one is writing; nothing where that is not
   * chosen. Keys are not looked for: nobody's are fetched because somebody types.
   */
  tell(to: string, state: Element): void {
    if (this.#client?.state !== "online" || !this.isAllowed(to)) return;
    const fleeting = el("no-store", { xmlns: NS.hints });
    this.#client.send(el("message", { to, type: "chat" }, state, fleeting));
  }

  /** Looks for keys that the contact may have published since. */
  async #look(jid: string, again: boolean): Promise<void> {
    const now = Date.now();
    if (!again && now - (this.#looked.get(jid) ?? -Infinity) < LOOKED_AGE) return;
    this.#online();
    await this.#simpp.refresh(jid);
    if (this.#looked.size >= MOST_LOOKED) this.#looked.clear();
    this.#looked.set(jid, now);
  }

  /** Takes what another device of ours sent in clear to somebody who has no keys. */
  takeSent(stanza: Element): void {
    const to = Jid.tryParse(stanza.attrs.to ?? "")?.bare().toString() ?? "";
    if (!isChat(stanza) || stanza.getChild("body", NS.client) === undefined) return;
    if (!this.#people.has(to) || this.#simpp.trust.describe(to) !== undefined) return;
    if (stanza.getChild("simpp", SIMPP_NS) !== undefined || isEncrypted(stanza)) return;
    const own = this.#client?.jid.bare();
    if (own !== undefined) this.received.emit(incoming(stanza, own, own.toString(), to));
  }

  #take(stanza: Element): boolean {
    const from = Jid.tryParse(stanza.attrs.from ?? "")?.bare().toString();
    if (from === undefined || !isChat(stanza) || this.#people.isBlocked(from)) return false;
    const own = this.#client!.jid.bare();
    if (from === own.toString()) return false;
    if (stanza.getChild("simpp", SIMPP_NS) !== undefined) return false;
    const says = stanza.getChild("body", NS.client) !== undefined;
    if (!says && stanza.getChild("received", NS.receipts) === undefined) {
      return this.#takeState(stanza, from, own);
    }
    if (this.#simpp.trust.describe(from) !== undefined) {
      this.isAllowed(from);
      if (says) this.withheld.emit({ from, code: "plain-from-simppd" });
    } else if (isEncrypted(stanza)) {
      this.withheld.emit({ from, code: "unreadable" });
    } else this.received.emit(incoming(stanza, own, from, own.toString()));
    return true;
  }

  #takeState(stanza: Element, from: string, own: Jid): boolean {
    const kinds: (string | undefined)[] = [NS.chatStates, NS.chatMarkers];
    const states = stanza.getChildElements().some((child) => kinds.includes(child.getNS()));
    if (!states || isEncrypted(stanza) || !this.isAllowed(from)) return false;
    this.states.emit(incoming(stanza, own, from, own.toString()));
    return true;
  }

  #online(): XmppClient {
    if (this.#client?.state === "online") return this.#client;
    throw new SimppdError("not-online", "There is no connection to the server right now.");
  }
}

const isChat = ({ attrs: { type } }: Element) =>
  type === undefined || type === "normal" || type === "chat";

const isEncrypted = (stanza: Element) =>
  stanza.getChildElements().some((child) => ENCRYPTED.includes(child.getNS() ?? ""));

function incoming(stanza: Element, own: Jid, from: string, to: string): Incoming {
  const sent = Date.parse(stanza.getChild("delay", NS.delay)?.attrs.stamp ?? "");
  const time = Number.isNaN(sent) ? Date.now() : sent;
  return {
    from,
    suite: "none",
    id: idOf(stanza, own),
    envelope: { to, time, content: stanza.getChildElements() },
  };
}

/** The sender's id, or the archive's where the sender's may be used again and again. */
function idOf(stanza: Element, own: Jid): string {
  const { id } = stanza.attrs;
  if (id !== undefined && id.length >= MIN_ID) return id;
  const stable = stanza.getChildren("stanza-id", NS.stanzaIds)
    .find(({ attrs }) => attrs.by === own.toString());
  return stable === undefined ? newId() : `archived-${stable.attrs.id}`;
}

function hasKeys(jid: string): SimppdError {
  return new SimppdError(
    "has-keys",
    `${jid} uses simppd, so what you write to them is encrypted; it cannot be sent in clear.`,
  );
}

function notAllowed(jid: string): SimppdError {
  return new SimppdError(
    "plain-not-allowed",
    `Writing to ${jid} without encryption is not allowed; allow it for this contact first.`,
  );
}
