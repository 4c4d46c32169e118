import { type Element, NS } from "../../core/mod.ts";
import { isWorthKeeping } from "../storage_hints.ts";

/** Past so many stanzas, or bytes of them, all are written: they are more than coalescing saves. */
const MOST_STANZAS = 500;
const MOST_BYTES = 262_144;

/** Children of a message that only tells of somebody typing; the ids are those a room adds. */
const TYPING = new Set<string | undefined>([
  NS.chatStates,
  NS.hints,
  NS.stanzaIds,
  NS.occupantId,
]);

/**
 * What can wait while nobody looks at a client (XEP-0352): presence, of which only the newest of a
 * sender counts, and who is typing.
 */
export class HeldBack {
  #stanzas = new Map<string, string>();
  #bytes = 0;

  /** Keeps a stanza back, in the place of the older one it outdates. @returns whether it did */
  keep(stanza: Element, xml: string): boolean {
    const key = keyOf(stanza);
    if (key === undefined) return false;
    const before = this.#stanzas.get(key);
    if (before !== undefined) this.#bytes -= before.length;
    // The newest stands last: what is written at once comes in the order it was sent.
    this.#stanzas.delete(key);
    this.#stanzas.set(key, xml);
    this.#bytes += xml.length;
    return true;
  }

  get full(): boolean {
    return this.#stanzas.size >= MOST_STANZAS || this.#bytes >= MOST_BYTES;
  }

  /** All that was kept back, which it forgets. */
  take(): string[] {
    const stanzas = [...this.#stanzas.values()];
    this.#stanzas.clear();
    this.#bytes = 0;
    return stanzas;
  }
}

/** What a later stanza of the same kind outdates; undefined for what cannot wait. */
function keyOf(stanza: Element): string | undefined {
  const { type, from = "" } = stanza.attrs;
  if (stanza.getName() === "presence") {
    if (type !== undefined && type !== "unavailable") return undefined;
    // What a room says of an entering or a leaving is an event, not only a state.
    const events = stanza.getChild("x", NS.mucUser)?.getChild("status") !== undefined;
    return events ? undefined : `presence ${from}`;
  }
  if (stanza.getName() !== "message" || type === "error") return undefined;
  const copied = copiedBy(stanza);
  return copied === undefined ? typingKey(stanza) : typingKey(copied);
}

function typingKey(stanza: Element): string | undefined {
  const { from = "", to = "" } = stanza.attrs;
  const children = stanza.getChildElements();
  const typing = children.some((child) => child.getNS() === NS.chatStates) &&
    children.every((child) => TYPING.has(child.getNS()) || child.getName() === "thread");
  return typing && !isWorthKeeping(stanza) ? `typing ${from} ${to}` : undefined;
}

/** The message that a carbon copies (XEP-0280). */
function copiedBy(message: Element): Element | undefined {
  const carbon = message.getChild("received", NS.carbons) ?? message.getChild("sent", NS.carbons);
  return carbon?.getChild("forwarded", NS.forward)?.getChild("message", NS.client);
}
