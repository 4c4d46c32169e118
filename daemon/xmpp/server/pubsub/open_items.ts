import { el, type Element, NS, StanzaError } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import type { Payer } from "../stored_xml.ts";
import { itemElement } from "./pep_notify.ts";

/** Items that a service may ask for by one request. */
const MAX_IDS = 32;

/**
 * Answers a service, such as a component, that asks for items of a node everybody may read (XEP-0060
 * section 6.5.8): by their ids, and nothing else of an account's.
 * @param payer pays for looking
 * @throws StanzaError `service-unavailable`, whether there is no such account or no such open node
 */
export function openItems(host: Host, payer: Payer, iq: Element, account: string): Element {
  const wanted = iq.getChild("pubsub", NS.pubsub)?.getChild("items");
  const node = wanted?.attrs.node ?? "";
  const ids = wanted?.getChildren("item").map(({ attrs }) => attrs.id ?? "") ?? [];
  const { accounts, pep } = host.storage;
  const open = iq.attrs.type === "get" && accounts.exists(account) &&
    pep.config(account, node)?.accessModel === "open";
  if (!open || ids.length === 0 || ids.length > MAX_IDS) {
    throw new StanzaError("cancel", "service-unavailable");
  }
  const found = ids.flatMap((id) => {
    const item = pep.item(account, node, id);
    return item === undefined ? [] : itemElement(host, payer, item) ?? [];
  });
  return el("pubsub", { xmlns: NS.pubsub }, el("items", { node }, ...found));
}
