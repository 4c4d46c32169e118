import { el, type Element, Jid, newId, NS, StanzaError } from "../../core/mod.ts";
import type { IqRequest } from "../hooks.ts";
import type { Host } from "../host.ts";
import type { PepSubscription } from "../storage/pep_subscriptions.ts";
import { isStranger, NodeAccess } from "./pep_access.ts";
import { askOwner } from "./pep_authorization.ts";
import { fitting } from "./pep_items.ts";
import { sendNewest, sessionsOf } from "./pep_notify.ts";
import { nodeOf } from "./pep_publish.ts";
import { PubsubError } from "./pubsub_error.ts";

/** `<subscription/>` of whatever is said about one (XEP-0060 section 6.1.2). */
export function subscriptionElement(
  host: Host,
  node: string | undefined,
  { subscriber, resource }: Pick<PepSubscription, "subscriber" | "resource">,
  state: PepSubscription["state"] | "none",
): Element {
  const bare = host.address(subscriber);
  const jid = (resource === "" ? bare : bare.withResource(resource)).toString();
  return el("subscription", { node, jid, subscription: state });
}

/**
 * Subscribes the asker (XEP-0060 section 6.1): at once, or pending where the owner decides. Asked
 * again, it stays as it was.
 */
export function subscribe(host: Host, request: IqRequest, action: Element): Element {
  const { account, session } = request;
  const node = nodeOf(action);
  const resource = resourceOf(request, action);
  const subscriber = session.account;
  const config = host.storage.pep.config(account, node);
  if (config === undefined) throw new StanzaError("cancel", "item-not-found");
  const { pepSubscriptions } = host.storage;
  const before = pepSubscriptions.by(account, node, subscriber);
  const access = NodeAccess.ofFew(host, account, node, config);
  const pending = !access.may(subscriber) && access.mayAsk(subscriber);
  if (!pending) {
    const refusal = access.refusal(subscriber);
    if (refusal !== undefined) throw refusal;
  }
  const known = before.find((one) => one.resource === resource);
  // Nothing of it is worth a second question to the owner, nor a second item to the subscriber.
  if (known !== undefined) return answer(host, node, known, known.state);
  const fresh: PepSubscription = {
    subscriber,
    resource,
    state: pending ? "pending" : "subscribed",
  };
  host.storage.transaction(() => {
    checkSubscriptions(host, account, node, fresh, before.length);
    pepSubscriptions.put(account, node, fresh);
  });
  if (pending) {
    if (before.length === 0) askOwner(host, account, { node, ...fresh }, session);
  } else if (config.sendLast !== "never") {
    for (const target of sessionsOf(host, fresh)) sendNewest(host, account, node, target);
  }
  return answer(host, node, fresh, fresh.state);
}

function answer(
  host: Host,
  node: string,
  subscription: PepSubscription,
  state: PepSubscription["state"],
): Element {
  const element = subscriptionElement(host, node, subscription, state);
  return el("pubsub", { xmlns: NS.pubsub }, element);
}

/** @throws StanzaError when the node, or the subscriber, has as many as there may be */
function checkSubscriptions(
  { storage, limits }: Host,
  account: string,
  node: string,
  { subscriber, state }: PepSubscription,
  ofOne: number,
): void {
  const { pepSubscriptions } = storage;
  const full = ofOne >= limits.sessionsPerAccount ||
    pepSubscriptions.countOf(subscriber) >= limits.pepSubscriptions;
  if (full) throw new PubsubError("wait", "policy-violation", "too-many-subscriptions");
  const most = state === "pending" ? limits.pepPending : limits.pepSubscribers;
  if (pepSubscriptions.count(account, node, state) >= most) {
    throw new StanzaError("wait", "resource-constraint", "the node has too many subscriptions");
  }
}

/** Ends a subscription, or takes back the wish for one (XEP-0060 section 6.2). */
export function unsubscribe(host: Host, request: IqRequest, action: Element): undefined {
  const { account, session } = request;
  const node = nodeOf(action);
  const resource = resourceOf(request, action);
  const { pepSubscriptions } = host.storage;
  const gone = host.storage.transaction(() =>
    pepSubscriptions.remove(account, node, session.account, resource)
  );
  if (gone) return;
  if (host.storage.pep.config(account, node) === undefined) {
    throw new StanzaError("cancel", "item-not-found");
  }
  throw new PubsubError("cancel", "unexpected-request", "not-subscribed");
}

/** What the asker has at this account (XEP-0060 section 5.6). */
export function ownSubscriptions(host: Host, request: IqRequest, action: Element): Element {
  const { account, session } = request;
  const { node } = action.attrs;
  const mine = host.storage.pepSubscriptions.between(account, session.account)
    .filter((one) => node === undefined || one.node === node);
  refuseNothing(host, request, mine.length);
  const elements = mine.values().map((one) => subscriptionElement(host, one.node, one, one.state));
  const list = el("subscriptions", { node }, ...fitting(elements));
  return el("pubsub", { xmlns: NS.pubsub }, list);
}

/** What the asker is to this account's nodes (XEP-0060 section 5.7). */
export function ownAffiliations(host: Host, request: IqRequest, action: Element): Element {
  const { account, session } = request;
  const { node } = action.attrs;
  const mine = account === session.account
    ? host.storage.pep.nodes(account).map((node) => ({ node, affiliation: "owner" as const }))
    : host.storage.pepAffiliations.between(account, session.account);
  const listed = mine.filter((one) => node === undefined || one.node === node);
  refuseNothing(host, request, listed.length);
  const elements = listed.values().map(({ node, affiliation }) =>
    el("affiliation", { node, affiliation })
  );
  const list = el("affiliations", { node }, ...fitting(elements));
  return el("pubsub", { xmlns: NS.pubsub }, list);
}

/** An empty list would tell a stranger that there is such an account. */
function refuseNothing(host: Host, { account, session }: IqRequest, length: number): void {
  if (length > 0 || !isStranger(host, account, session.account)) return;
  throw new StanzaError("cancel", "item-not-found");
}

/**
 * Ends the subscriptions to a node of those who may not read it any more, and tells them.
 * @param persons whose; all by default
 */
export function endRefused(
  host: Host,
  account: string,
  node: string,
  persons?: ReadonlySet<string>,
): void {
  const config = host.storage.pep.config(account, node);
  if (config === undefined) return;
  const subscriptions = host.storage.pepSubscriptions.of(account, node);
  const access = NodeAccess.ofMany(host, account, node, config, subscriptions);
  const ended = subscriptions.filter(({ subscriber }) =>
    (persons?.has(subscriber) ?? true) && !access.may(subscriber) && !access.mayAsk(subscriber)
  );
  endSubscriptions(host, account, node, ended);
}

/** Ends subscriptions and tells their subscribers. */
export function endSubscriptions(
  host: Host,
  account: string,
  node: string,
  ended: readonly PepSubscription[],
): void {
  if (ended.length === 0) return;
  host.storage.transaction(() => {
    for (const { subscriber, resource } of ended) {
      host.storage.pepSubscriptions.remove(account, node, subscriber, resource);
    }
  });
  for (const one of ended) tellSubscriber(host, account, node, one, "none");
}

/** Says how a subscription stands now (XEP-0060 section 8.8.4). */
export function tellSubscriber(
  host: Host,
  account: string,
  node: string,
  subscription: PepSubscription,
  state: PepSubscription["state"] | "none",
): void {
  const from = host.address(account);
  const element = subscriptionElement(host, node, subscription, state);
  for (const session of sessionsOf(host, subscription)) {
    if (host.hooks.passage(from, session.jid) !== "open") continue;
    const attrs = {
      type: "headline",
      id: newId(),
      from: from.toString(),
      to: session.jid.toString(),
    };
    session.relay(el("message", attrs, el("pubsub", { xmlns: NS.pubsub }, element)));
  }
}

/** @throws PubsubError when it is not the asker's own address (sections 6.1.3.1, 6.2.3.3) */
function resourceOf({ session }: IqRequest, action: Element): string {
  const jid = Jid.tryParse(action.attrs.jid);
  if (jid === undefined || !jid.bareEquals(session.jid)) {
    throw new PubsubError("modify", "bad-request", "invalid-jid");
  }
  return jid.resource;
}
