import { el, type Element, NS, StanzaError } from "../core/mod.ts";
import { discoInfo, SERVER_NODE, verification } from "./disco_info.ts";
import type { IqRequest, Scope } from "./hooks.ts";
import type { Extension, Host } from "./host.ts";
import { isSeenBy } from "./presence/subscription_state.ts";

/** Service discovery (XEP-0030) of the server and of accounts: what the extensions announced. */
export const disco: Extension = (host) => {
  const { hooks } = host;
  hooks.identity("server", { category: "server", type: "im", name: "simppd" });
  hooks.identity("account", { category: "account", type: "registered" });
  for (const scope of ["server", "account"] as const) {
    hooks.feature(scope, NS.discoInfo, NS.discoItems);
    hooks.iq(scope, "query", NS.discoInfo, (request) => info(host, scope, request));
  }
  hooks.iq("server", "query", NS.discoItems, ({ type, payload }) => {
    if (type !== "get") throw new StanzaError("cancel", "feature-not-implemented");
    if (payload.attrs.node !== undefined) throw new StanzaError("cancel", "item-not-found");
    const items = host.services.list().map(({ domain, name }) => el("item", { jid: domain, name }));
    return el("query", { xmlns: NS.discoItems }, ...items);
  });
};

function info(host: Host, scope: Scope, request: IqRequest): Element {
  const { type, payload, session, account } = request;
  if (type !== "get") throw new StanzaError("cancel", "feature-not-implemented");
  if (scope === "account" && account !== session.account) {
    // Who may not see the account's presence learns nothing of it (section 8).
    const state = host.storage.rosters.get(account, session.jid.bare().toString());
    if (!isSeenBy(state)) throw new StanzaError("cancel", "service-unavailable");
  }
  const { node } = payload.attrs;
  const answer = discoInfo(host.hooks, scope, node);
  if (node === undefined) return answer;
  if (scope === "account") return host.hooks.nodeInfo(request, node);
  // What it announced itself (XEP-0115 section 6.2), and nothing else.
  const announced = `${SERVER_NODE}#${verification(answer, "sha-1")}`;
  if (node !== announced) throw new StanzaError("cancel", "item-not-found");
  return answer;
}
