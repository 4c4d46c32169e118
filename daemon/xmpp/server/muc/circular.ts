import { el, type Element, escapeText, type Jid, serialise } from "../../core/mod.ts";
import type { Host } from "../host.ts";

/** A stanza for many: serialised once, and `to` written into it for each. */
export class Circular {
  readonly stanza: Element;
  readonly #head: string;
  readonly #rest: string;

  /** @param stanza without `to` */
  constructor(stanza: Element) {
    this.stanza = stanza;
    // Serialised it begins with "<" and its name; what follows are attributes or the end.
    const xml = serialise(stanza);
    const end = 1 + stanza.name.length;
    this.#head = xml.slice(0, end);
    this.#rest = xml.slice(end);
  }

  /** Characters of its XML, but for the address. */
  get size(): number {
    return this.#head.length + this.#rest.length;
  }

  /** Its XML for one receiver. */
  xml(to: string): string {
    return `${this.#head} to="${escapeText(to)}"${this.#rest}`;
  }

  /** As an element for one receiver; the children are shared. */
  element(to: string): Element {
    const copy = el(this.stanza.name, { ...this.stanza.attrs, to });
    copy.children = this.stanza.children;
    return copy;
  }
}

/**
 * Hands a stanza to one occupant. One that reads too slowly, or blocks the sender, is passed over.
 * @param from parsed `from` of the stanza
 * @returns is the receiver still there?
 */
export function hand(host: Host, circular: Circular, from: Jid, to: Jid): boolean {
  if (to.domain !== host.domain.domain) {
    if (host.services.get(to.domain) === undefined) return false;
    host.deliver(circular.element(to.toString()));
    return true;
  }
  const session = host.sessions.get(to);
  if (session === undefined) return false;
  const open = circular.stanza.attrs.type === "unavailable" ||
    host.hooks.passage(from, to) === "open";
  if (open && !session.full) {
    session.sendXml(circular.xml(to.toString()), circular.stanza);
  }
  return true;
}
