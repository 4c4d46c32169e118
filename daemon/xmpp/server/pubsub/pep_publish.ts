import { utf8 } from "../../../base/mod.ts";
import { el, type Element, newId, NS, serialise, StanzaError } from "../../core/mod.ts";
import type { IqRequest } from "../hooks.ts";
import type { Host } from "../host.ts";
import { NodeAccess } from "./pep_access.ts";
import { DEFAULT_CONFIG, fulfils, readConfig } from "./pep_config.ts";
import type { PepConfig, PepItem } from "../storage/pep_nodes.ts";
import { itemsEvent, notify } from "./pep_notify.ts";
import { PubsubError } from "./pubsub_error.ts";

/** What one bookmark has at most, in bytes: a room's name and a few settings of clients. */
export const MOST_BOOKMARK_BYTES = 16_384;

/**
 * Publishes one item (XEP-0060 section 7.1), making the node on the way when there is none. The
 * item is stored before anybody is told.
 */
export function publish(host: Host, request: IqRequest, action: Element): Element {
  const { account, session } = request;
  const node = nodeOf(action);
  const own = account === session.account;
  const most = node === NS.bookmarks
    ? Math.min(host.limits.pepItemBytes, MOST_BOOKMARK_BYTES)
    : host.limits.pepItemBytes;
  const item = { ...itemOf(action, most), publisher: own ? null : session.account };
  if (!own) checkPublisher(host, request, node);
  const options = request.payload.getChild("publish-options")?.getChild("x", NS.dataForms);
  const config = host.storage.transaction(() => {
    const config = nodeFor(host, account, node, options);
    const { pep } = host.storage;
    if (config.persistItems && !pep.publish(account, node, item, config.maxItems)) {
      throw new StanzaError("wait", "resource-constraint", "the node is full of its owner's items");
    }
    checkRoom(host, account);
    return config;
  });
  const publisher = own ? undefined : session.jid.bare().toString();
  const payload = action.getChild("item")!.getChildElements()[0];
  const element = el("item", { id: item.id, publisher }, payload);
  notify(host, session, account, node, config, itemsEvent(node, element));
  if (own) host.hooks.published.run(session, node, element);
  host.hooks.nodeChanged.run(session, account, node);
  return el(
    "pubsub",
    { xmlns: NS.pubsub },
    el("publish", { node }, el("item", { id: item.id })),
  );
}

/** Others publish on nodes that are there, and leave what is not theirs. @throws StanzaError */
function checkPublisher(host: Host, { account, session, payload }: IqRequest, node: string): void {
  const config = host.storage.pep.config(account, node);
  if (config === undefined) throw new StanzaError("cancel", "item-not-found");
  const access = NodeAccess.ofFew(host, account, node, config);
  if (!access.mayPublish(session.account)) throw new StanzaError("auth", "forbidden");
  const id = payload.getChild("publish")?.getChild("item")?.attrs.id ?? "";
  const there = host.storage.pep.item(account, node, id);
  if (there !== undefined && there.publisher !== session.account) {
    throw new StanzaError("auth", "forbidden", "another's item has this id");
  }
}

/** The node an action is about. @throws StanzaError when it is none that a client may name */
export function nodeOf(action: Element): string {
  const { node } = action.attrs;
  if (!node) throw new PubsubError("modify", "bad-request", "nodeid-required");
  if (node.length > 1_023) throw new StanzaError("modify", "not-acceptable", "node id too long");
  // The vCard lies there, which is read and set as such alone (XEP-0054).
  if (node === NS.vcard) throw new StanzaError("cancel", "not-allowed", "this is no node");
  return node;
}

/** @param most bytes of its payload */
function itemOf(action: Element, most: number): PepItem {
  const [item, ...others] = action.getChildren("item");
  if (item === undefined) throw new PubsubError("modify", "bad-request", "item-required");
  if (others.length > 0) throw new PubsubError("modify", "bad-request", "max-items-exceeded");
  const [payload, ...more] = item.getChildElements();
  if (more.length > 0) throw new PubsubError("modify", "bad-request", "invalid-payload");
  const id = item.attrs.id || newId();
  if (id.length > 1_023) throw new StanzaError("modify", "not-acceptable", "item id too long");
  let xml = "";
  if (payload !== undefined) {
    // Alone, it must still say which namespace it is of.
    payload.attrs.xmlns = payload.getNS() ?? "";
    xml = serialise(payload);
  }
  if (utf8(xml).length > most) {
    throw new PubsubError("modify", "not-acceptable", "payload-too-big");
  }
  return { id, payload: xml, published: Date.now() };
}

/** The node's settings, after `publish-options` had their say (XEP-0060 section 7.1.5). */
function nodeFor(
  host: Host,
  account: string,
  node: string,
  options: Element | undefined,
): PepConfig {
  const { pep } = host.storage;
  const { pepItems, pepNodes } = host.limits;
  const existing = pep.config(account, node);
  const wanted = readConfig(
    options,
    existing ?? DEFAULT_CONFIG,
    NS.pubsubPublishOptions,
    pepItems,
  );
  if (existing !== undefined) {
    if (!fulfils(existing, wanted)) {
      throw new PubsubError("cancel", "conflict", "precondition-not-met");
    }
    return existing;
  }
  if (pep.nodes(account).length >= pepNodes) {
    throw new StanzaError("wait", "resource-constraint", "too many nodes");
  }
  pep.configure(account, node, wanted);
  return wanted;
}

/** Call inside the transaction that added to it. @throws StanzaError `resource-constraint` */
export function checkRoom(host: Host, account: string): void {
  if (host.storage.pep.size(account) > host.limits.pepBytes) {
    throw new StanzaError("wait", "resource-constraint", "the account's nodes are full");
  }
}
