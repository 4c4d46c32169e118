import { utf8 } from "../../base/mod.ts";
import { el, type Element, NS, serialise, StanzaError } from "../core/mod.ts";
import type { IqRequest } from "./hooks.ts";
import type { Extension, Host } from "./host.ts";
import { configForm, DEFAULT_CONFIG, readConfig } from "./pubsub/pep_config.ts";
import type { PepConfig } from "./storage/pep_nodes.ts";
import { itemElement, itemsEvent, notify, sendLastItems, sendLastOf } from "./pubsub/pep_notify.ts";
import { checkRoom, nodeOf, publish } from "./pubsub/pep_publish.ts";
import { PubsubError } from "./pubsub/pubsub_error.ts";
import { isSeenBy } from "./presence/subscription_state.ts";

/** What of XEP-0060 is here, as section 10 names it. */
const FEATURES = [
  "access-open",
  "access-presence",
  "access-whitelist",
  "auto-create",
  "auto-subscribe",
  "config-node",
  "config-node-max",
  "create-and-configure",
  "create-nodes",
  "delete-items",
  "delete-nodes",
  "filtered-notifications",
  "item-ids",
  "last-published",
  "multi-items",
  "persistent-items",
  "presence-notifications",
  "presence-subscribe",
  "publish",
  "publish-options",
  "purge-nodes",
  "retract-items",
  "retrieve-default",
  "retrieve-items",
];

/** Personal eventing (XEP-0163): every account is a pubsub service of its own (XEP-0060). */
export const pep: Extension = (host) => {
  const { hooks, storage } = host;
  hooks.identity("account", { category: "pubsub", type: "pep" });
  hooks.feature("account", NS.pubsub, ...FEATURES.map((name) => `${NS.pubsub}#${name}`));
  hooks.iq("account", "pubsub", NS.pubsub, (request) => pubsub(host, request));
  hooks.iq("account", "pubsub", NS.pubsubOwner, (request) => owner(host, request));
  hooks.iq("account", "query", NS.discoItems, (request) => discoItems(host, request));
  hooks.capable.on((session) => sendLastItems(host, session));
  hooks.subscribed.on((owner, subscriber) => {
    for (const session of host.sessions.available(subscriber)) sendLastOf(host, owner, session);
  });

  function discoItems(host: Host, { type, payload, session, account }: IqRequest): Element {
    if (type !== "get") throw new StanzaError("cancel", "feature-not-implemented");
    if (payload.attrs.node !== undefined) throw new StanzaError("cancel", "item-not-found");
    const may = relation(host, session.jid.bare().toString(), account);
    if (may === "stranger") throw new StanzaError("cancel", "service-unavailable");
    const jid = host.address(account).toString();
    const nodes = storage.pep.nodes(account).filter((node) =>
      may === "owner" || storage.pep.config(account, node)!.accessModel !== "whitelist"
    );
    return el(
      "query",
      { xmlns: NS.discoItems },
      ...fitting(nodes.values().map((node) => el("item", { jid, node }))),
    );
  }
};

type Relation = "owner" | "subscriber" | "stranger";

function relation(host: Host, asker: string, account: string): Relation {
  if (asker === host.address(account).toString()) return "owner";
  return isSeenBy(host.storage.rosters.get(account, asker)) ? "subscriber" : "stranger";
}

function pubsub(host: Host, request: IqRequest): Element | undefined {
  const { type, payload } = request;
  const action = payload.getChildElements()[0];
  const kind = `${type} ${action?.getName()}`;
  if (action === undefined) throw new StanzaError("modify", "bad-request");
  if (kind === "get items") return items(host, request, action);
  if (type === "set" && request.account !== request.session.account) {
    throw new StanzaError("auth", "forbidden");
  }
  switch (kind) {
    case "set publish":
      return publish(host, request, action);
    case "set retract":
      return retract(host, request, action);
    case "set create":
      return create(host, request, action);
    default:
      throw new PubsubError("cancel", "feature-not-implemented", "unsupported", {
        feature: action.getName(),
      });
  }
}

/** @throws StanzaError unless the asker may read the node (XEP-0060 section 6.5.9) */
function readable(host: Host, { session, account }: IqRequest, node: string): PepConfig {
  const config = host.storage.pep.config(account, node);
  if (config === undefined) throw new StanzaError("cancel", "item-not-found");
  const may = relation(host, session.jid.bare().toString(), account);
  if (may === "owner" || config.accessModel === "open") return config;
  if (config.accessModel === "whitelist") {
    throw new PubsubError("cancel", "not-allowed", "closed-node");
  }
  if (may === "stranger") {
    throw new PubsubError("auth", "not-authorized", "presence-subscription-required");
  }
  return config;
}

function items(host: Host, request: IqRequest, action: Element): Element {
  const node = nodeOf(action);
  const config = readable(host, request, node);
  const { pep } = host.storage;
  const ids = action.getChildren("item").map(({ attrs }) => attrs.id ?? "");
  const most = Number(action.attrs.max_items ?? config.maxItems);
  if (!(most >= 1)) throw new StanzaError("modify", "bad-request");
  const found = ids.length > 0
    ? ids.slice(0, host.limits.pepItems).flatMap((id) => pep.item(request.account, node, id) ?? [])
    : pep.items(request.account, node, Math.min(most, config.maxItems)).reverse();
  const read = found.reduce((sum, { payload }) => sum + payload.length, 0);
  request.session.charge(Math.ceil(READ_COST * read));
  // The newest; the rest can be asked for by id.
  const answer = fitting(
    found.reverse().values().flatMap((item) => {
      const element = itemElement(item);
      return element === undefined ? [] : [element];
    }),
  ).reverse();
  return el("pubsub", { xmlns: NS.pubsub }, el("items", { node }, ...answer));
}

/** The first of `elements` that together stay within what a stanza may have; one at least. */
function fitting(elements: Iterable<Element>): Element[] {
  const fit: Element[] = [];
  let bytes = 0;
  for (const element of elements) {
    bytes += utf8(serialise(element)).length;
    if (fit.length > 0 && bytes > ANSWER_BYTES) break;
    fit.push(element);
  }
  return fit;
}

const ANSWER_BYTES = 200_000;
/** What reading a byte of the items costs who asked, in bytes of its rate. */
const READ_COST = 1 / 8;

function retract(host: Host, request: IqRequest, action: Element): undefined {
  const { account } = request.session;
  const node = nodeOf(action);
  const [item, ...others] = action.getChildren("item");
  const id = item?.attrs.id;
  if (id === undefined || others.length > 0) {
    throw new PubsubError("modify", "bad-request", "item-required");
  }
  const { pep } = host.storage;
  const config = pep.config(account, node);
  if (config === undefined || !host.storage.transaction(() => pep.retract(account, node, id))) {
    throw new StanzaError("cancel", "item-not-found");
  }
  if (["1", "true"].includes(action.attrs.notify ?? "")) {
    notify(host, request.session, node, config, itemsEvent(node, el("retract", { id })));
  }
}

function create(host: Host, { session, payload }: IqRequest, action: Element): undefined {
  const node = nodeOf(action);
  const { pep } = host.storage;
  if (pep.config(session.account, node) !== undefined) throw new StanzaError("cancel", "conflict");
  if (pep.nodes(session.account).length >= host.limits.pepNodes) {
    throw new StanzaError("wait", "resource-constraint", "too many nodes");
  }
  const form = payload.getChild("configure")?.getChild("x", NS.dataForms);
  const config = readConfig(form, DEFAULT_CONFIG, NS.pubsubNodeConfig, host.limits.pepItems);
  host.storage.transaction(() => {
    pep.configure(session.account, node, config);
    checkRoom(host, session.account);
  });
}

/** Requests only the owner makes (XEP-0060 section 8). */
function owner(host: Host, request: IqRequest): Element | undefined {
  const { session, type, payload } = request;
  const { account } = session;
  const action = payload.getChildElements()[0];
  if (action === undefined) throw new StanzaError("modify", "bad-request");
  if (request.account !== account) throw new StanzaError("auth", "forbidden");
  const kind = `${type} ${action.getName()}`;
  if (kind === "get default") {
    const form = configForm(DEFAULT_CONFIG);
    return el("pubsub", { xmlns: NS.pubsubOwner }, el("default", {}, form));
  }
  const node = nodeOf(action);
  const { pep } = host.storage;
  const config = pep.config(account, node);
  if (config === undefined) throw new StanzaError("cancel", "item-not-found");
  switch (kind) {
    case "get configure":
      return el(
        "pubsub",
        { xmlns: NS.pubsubOwner },
        el("configure", { node }, configForm(config)),
      );
    case "set configure": {
      const form = action.getChild("x", NS.dataForms);
      if (form?.attrs.type === "cancel") return undefined;
      const changed = readConfig(form, config, NS.pubsubNodeConfig, host.limits.pepItems);
      host.storage.transaction(() => pep.configure(account, node, changed));
      return undefined;
    }
    case "set delete":
      host.storage.transaction(() => pep.delete(account, node));
      notify(host, session, node, config, el("delete", { node }));
      return undefined;
    case "set purge":
      host.storage.transaction(() => pep.purge(account, node));
      notify(host, session, node, config, el("purge", { node }));
      return undefined;
    default:
      throw new PubsubError("cancel", "feature-not-implemented", "unsupported", {
        feature: action.getName(),
      });
  }
}
