import { el, type Jid, NS } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

/**
 * Has the server keep back everything between us and a contact, presence too, or lets it through
 * again (XEP-0191). @throws StanzaError where the server does not have it; SimppdError
 */
export async function setBlocked(
  client: XmppClient,
  jid: Jid | string,
  blocked: boolean,
): Promise<void> {
  const item = el("item", { jid: jid.toString() });
  const name = blocked ? "block" : "unblock";
  await client.iq(el("iq", { type: "set" }, el(name, { xmlns: NS.blocking }, item)));
}
