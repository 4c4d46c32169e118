import { utf8 } from "../../base/mod.ts";
import { el, type Element, NS, serialise, StanzaError } from "../core/mod.ts";
import type { IqRequest } from "./hooks.ts";
import type { Extension, Host } from "./host.ts";
import { checkRoom } from "./pubsub/pep_publish.ts";
import { isSeenBy } from "./presence/subscription_state.ts";
import { storedVcard, writeVcard } from "./pubsub/vcards.ts";

/** Visiting cards (XEP-0054): anybody may read what an account put there. */
export const vcard: Extension = (host) => {
  const { hooks } = host;
  hooks.feature("server", NS.vcard);
  hooks.feature("account", NS.vcard);
  hooks.iq("account", "vCard", NS.vcard, (request) => {
    if (request.type === "get") return get(host, request);
    set(host, request);
    return undefined;
  });
};

function get(host: Host, { session, account }: IqRequest): Element {
  const found = storedVcard(host, session, account);
  if (found !== undefined) return found;
  if (account === session.account) return el("vCard", { xmlns: NS.vcard });
  // Strangers do not learn whether there is such an account.
  const asker = session.jid.bare().toString();
  const known = isSeenBy(host.storage.rosters.get(account, asker));
  throw new StanzaError("cancel", known ? "item-not-found" : "service-unavailable");
}

function set(host: Host, request: IqRequest): void {
  const { session, account, payload } = request;
  if (account !== session.account) throw new StanzaError("auth", "forbidden");
  if (utf8(serialise(payload)).length > host.limits.pepItemBytes) {
    throw new StanzaError("modify", "not-acceptable", "the vCard is too large");
  }
  host.storage.transaction(() => {
    writeVcard(host, account, payload);
    checkRoom(host, account);
  });
  host.hooks.vcardSet.run(request, payload);
}
