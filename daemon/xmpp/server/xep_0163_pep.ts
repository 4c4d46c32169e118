import { el, type Element, NS, StanzaError } from "../core/mod.ts";
import type { IqRequest } from "./hooks.ts";
import type { Extension, Host } from "./host.ts";
import { isStranger, NodeAccess } from "./pubsub/pep_access.ts";
import { readDecision, remindOwner } from "./pubsub/pep_authorization.ts";
import { fitting, retract, retrieve } from "./pubsub/pep_items.ts";
import { decide } from "./pubsub/pep_management.ts";
import { sendLastItems, sendLastOf } from "./pubsub/pep_notify.ts";
import { answerOldBookmarks } from "./pubsub/pep_old_bookmarks.ts";
import { create, manage } from "./pubsub/pep_owner.ts";
import { publish } from "./pubsub/pep_publish.ts";
import {
  endRefused,
  ownAffiliations,
  ownSubscriptions,
  subscribe,
  unsubscribe,
} from "./pubsub/pep_subscribe.ts";
import { PubsubError } from "./pubsub/pubsub_error.ts";

/** What of XEP-0060 is here, as section 10 names it. */
const FEATURES = [
  "access-authorize",
  "access-open",
  "access-presence",
  "access-roster",
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
  "manage-subscriptions",
  "member-affiliation",
  "modify-affiliations",
  "multi-items",
  "outcast-affiliation",
  "persistent-items",
  "presence-notifications",
  "presence-subscribe",
  "publish",
  "publish-only-affiliation",
  "publish-options",
  "publisher-affiliation",
  "purge-nodes",
  "retract-items",
  "retrieve-affiliations",
  "retrieve-default",
  "retrieve-items",
  "retrieve-subscriptions",
  "subscribe",
  "subscription-notifications",
];

/** Personal eventing (XEP-0163): every account is a pubsub service of its own (XEP-0060). */
export const pep: Extension = (host) => {
  const { hooks } = host;
  hooks.identity("account", { category: "pubsub", type: "pep" });
  hooks.feature("account", NS.pubsub, ...FEATURES.map((name) => `${NS.pubsub}#${name}`));
  hooks.iq("account", "pubsub", NS.pubsub, (request) => pubsub(host, request));
  hooks.iq("account", "pubsub", NS.pubsubOwner, (request) => manage(host, request));
  hooks.iq("account", "query", NS.discoItems, (request) => discoItems(host, request));
  hooks.nodeInfo = ({ account, session }, node) => {
    const config = node === NS.vcard ? undefined : host.storage.pep.config(account, node);
    const access = config && NodeAccess.ofFew(host, account, node, config);
    if (!access?.shows(session.account)) throw new StanzaError("cancel", "item-not-found");
    return el(
      "query",
      { xmlns: NS.discoInfo, node },
      el("identity", { category: "pubsub", type: "leaf" }),
      el("feature", { var: NS.pubsub }),
    );
  };
  hooks.capable.on((session) => sendLastItems(host, session));
  hooks.available.on((session, before) => {
    if (before === undefined) remindOwner(host, session);
  });
  hooks.answerToServer = (from, message) => {
    const decision = readDecision(message);
    if (decision === undefined) return false;
    if (decision !== "cancelled") decide(host, from.local, decision);
    return true;
  };
  hooks.subscribed.on((owner, subscriber) => {
    for (const session of host.sessions.available(subscriber)) sendLastOf(host, owner, session);
  });
  hooks.unsubscribed.on((owner, watcher) => {
    const mine = host.storage.pepSubscriptions.between(owner, watcher);
    const nodes = new Set(mine.map(({ node }) => node));
    for (const node of nodes) endRefused(host, owner, node, new Set([watcher]));
  });
};

/** The nodes the asker may know of; a stranger who may know of none learns nothing (section 5.2). */
function discoItems(host: Host, { type, payload, session, account }: IqRequest): Element {
  if (type !== "get") throw new StanzaError("cancel", "feature-not-implemented");
  if (payload.attrs.node !== undefined) throw new StanzaError("cancel", "item-not-found");
  const asker = session.account;
  const jid = host.address(account).toString();
  const stranger = isStranger(host, account, asker);
  const known = stranger ? involved(host, account, asker) : host.storage.pep.nodes(account);
  const access = NodeAccess.ofPerson(host, account, asker);
  const nodes = known.filter((node) =>
    asker === account || access(node, host.storage.pep.config(account, node)!).shows(asker)
  );
  if (nodes.length === 0 && stranger) {
    throw new StanzaError("cancel", "service-unavailable");
  }
  return el(
    "query",
    { xmlns: NS.discoItems },
    ...fitting(nodes.values().map((node) => el("item", { jid, node }))),
  );
}

/** The nodes of an account that somebody subscribed to or is affiliated with. */
function involved({ storage }: Host, account: string, person: string): string[] {
  const affiliated = storage.pepAffiliations.between(account, person);
  const subscribed = storage.pepSubscriptions.between(account, person);
  return [...new Set([...affiliated, ...subscribed].map(({ node }) => node))].sort();
}

function pubsub(host: Host, request: IqRequest): Element | undefined {
  const { type, payload } = request;
  const action = payload.getChildElements()[0];
  if (action === undefined) throw new StanzaError("modify", "bad-request");
  const converted = answerOldBookmarks(host, request, action);
  if (converted !== undefined) return converted;
  switch (`${type} ${action.getName()}`) {
    case "get items":
      return retrieve(host, request, action);
    case "get subscriptions":
      return ownSubscriptions(host, request, action);
    case "get affiliations":
      return ownAffiliations(host, request, action);
    case "set subscribe":
      return subscribe(host, request, action);
    case "set unsubscribe":
      return unsubscribe(host, request, action);
    case "set publish":
      return publish(host, request, action);
    case "set retract":
      return retract(host, request, action);
    case "set create":
      if (request.account !== request.session.account) throw new StanzaError("auth", "forbidden");
      return create(host, request, action);
    default:
      throw new PubsubError("cancel", "feature-not-implemented", "unsupported", {
        feature: action.getName(),
      });
  }
}
