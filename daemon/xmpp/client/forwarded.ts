import { type Element, Jid, NS } from "../core/mod.ts";

/** A message that came inside another one (XEP-0297). */
export interface Forwarded {
  readonly message: Element;
  /** When it was first sent, in ms since 1970; undefined when that is not said. */
  readonly at: number | undefined;
}

/**
 * The message inside `wrapper`'s `<forwarded/>`; undefined when there is none with a true sender.
 * @param account whose message it must be: sent by or addressed to it
 */
export function readForwarded(wrapper: Element, account: Jid): Forwarded | undefined {
  const forwarded = wrapper.getChild("forwarded", NS.forward);
  const message = forwarded?.getChild("message", NS.client);
  if (forwarded === undefined || message === undefined) return undefined;
  const from = Jid.tryParse(message.attrs.from ?? account.bare().toString());
  const to = Jid.tryParse(message.attrs.to ?? account.bare().toString());
  if (from === undefined || to === undefined) return undefined;
  if (!from.bareEquals(account) && !to.bareEquals(account)) return undefined;
  message.attrs.from = from.toString();
  message.attrs.to = to.toString();
  const at = Date.parse(forwarded.getChild("delay", NS.delay)?.attrs.stamp ?? "");
  return { message: message as Element, at: Number.isNaN(at) ? undefined : at };
}
