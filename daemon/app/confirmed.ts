import { SimppdError } from "../base/mod.ts";
import type { XmppClient } from "../xmpp/client/mod.ts";
import { el, NS, StanzaError } from "../xmpp/core/mod.ts";

/**
 * Resolves once the server has taken all that was sent before: it answers in order, so an answered
 * ping says so (XEP-0199). @throws SimppdError `not-confirmed`: it may or may not have left
 */
export async function confirmed(client: XmppClient): Promise<void> {
  try {
    await client.iq(el("iq", { type: "get" }, el("ping", { xmlns: NS.ping })));
  } catch (error) {
    if (error instanceof StanzaError) return;
    throw new SimppdError(
      "not-confirmed",
      "The connection ended before the server confirmed the message.",
      error,
    );
  }
}
