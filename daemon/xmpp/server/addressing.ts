import { el, type Element } from "../core/mod.ts";

/** `stanza` with other addresses; the children are shared. */
export function readdressed(stanza: Element, from: string, to: string): Element {
  const copy = el(stanza.name, { ...stanza.attrs, from, to });
  copy.children = stanza.children;
  return copy;
}
