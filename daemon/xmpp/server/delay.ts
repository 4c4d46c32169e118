import { el, type Element, Jid, NS } from "../core/mod.ts";

/** `<delay/>`: when something was first sent (XEP-0203). @param at milliseconds since 1970 */
export function delayElement(from: Jid, at: number): Element {
  return el("delay", { xmlns: NS.delay, from: from.toString(), stamp: new Date(at).toISOString() });
}

/** A copy of `message` for the account itself, stamped now unless it was before. */
export function delayed(message: Element, domain: Jid, account: Jid): Element {
  const copy = el(message.name, {
    ...message.attrs,
    xmlns: NS.client,
    to: account.toString(),
  });
  const stamped = message.getChildren("delay", NS.delay)
    .some((delay) => delay.attrs.from === domain.domain);
  copy.children = stamped
    ? message.children
    : [...message.children, delayElement(domain, Date.now())];
  return copy;
}

/** Removes stamps that claim to be of this server: only it makes them. */
export function dropForgedDelays(stanza: Element, domain: Jid): void {
  for (const delay of stanza.getChildren("delay", NS.delay)) {
    if (Jid.tryParse(delay.attrs.from)?.domain === domain.domain) stanza.remove(delay);
  }
}
