import { type Bytes, toBase64Url } from "../../base/mod.ts";
import { el, type Element } from "./element.ts";
import { type StanzaCondition, StanzaError, type StanzaErrorType } from "./errors.ts";

/** A random stanza id: 96 bits, which nobody guesses to forge an answer. */
export function newId(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(12) as Bytes));
}

/**
 * The error answer to `stanza`, addressed back to its sender (RFC 6120 section 8.3). Errors and
 * results must never be answered so: that is for the caller to see to.
 */
export function errorReply(
  stanza: Element,
  type: StanzaErrorType,
  condition: StanzaCondition,
  text?: string,
): Element {
  return reply(stanza, "error", new StanzaError(type, condition, text).toElement());
}

/** The result of `iq`, addressed back to its sender (RFC 6120 section 8.2.3). */
export function iqResult(iq: Element, child?: Element): Element {
  return reply(iq, "result", child);
}

function reply(stanza: Element, type: string, child: Element | undefined): Element {
  const { from, to, id } = stanza.attrs;
  return el(stanza.getName(), { type, id, from: to, to: from }, child);
}
