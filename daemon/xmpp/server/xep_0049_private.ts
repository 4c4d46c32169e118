import { el, NS, StanzaError } from "../core/mod.ts";
import type { Extension } from "./host.ts";
import { readPrivate, storePrivate } from "./pubsub/private_elements.ts";

/**
 * Private XML storage (XEP-0049), where older clients keep their settings: an element of each
 * namespace, which lies beside the account's nodes, under its quota, and goes with it. Bookmarks of
 * rooms are the same as newer clients have (XEP-0048, 0402).
 */
export const privateStorage: Extension = (host) => {
  host.hooks.feature("server", NS.privateXml);
  host.hooks.feature("account", NS.privateXml);
  host.hooks.iq("account", "query", NS.privateXml, (request) => {
    const { account, session, type, payload } = request;
    if (account !== session.account) throw new StanzaError("auth", "forbidden");
    const [first, ...more] = payload.getChildElements();
    if (type === "set") {
      if (first === undefined) throw new StanzaError("modify", "bad-request", "nothing to store");
      return void storePrivate(host, session, [first, ...more]);
    }
    if (first === undefined || more.length > 0) {
      throw new StanzaError("modify", "bad-request", "one element is asked for at a time");
    }
    return el("query", { xmlns: NS.privateXml }, readPrivate(host, session, first));
  });
};
