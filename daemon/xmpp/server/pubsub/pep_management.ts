import { el, type Element, Jid, StanzaError } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import type { PepAffiliation } from "../storage/pep_affiliations.ts";
import type { PepConfig } from "../storage/pep_nodes.ts";
import type { PepSubscription } from "../storage/pep_subscriptions.ts";
import { NodeAccess } from "./pep_access.ts";
import type { Decision } from "./pep_authorization.ts";
import { fitting } from "./pep_items.ts";
import { sendNewest, sessionsOf } from "./pep_notify.ts";
import {
  endRefused,
  endSubscriptions,
  subscriptionElement,
  tellSubscriber,
} from "./pep_subscribe.ts";
import { PubsubError } from "./pubsub_error.ts";

const AFFILIATIONS = ["publisher", "publish-only", "member", "outcast", "none"] as const;
/** No account's name is longer. */
const LONGEST_NAME = 100;

/** `<affiliations/>` of a node, the owner's own first (XEP-0060 section 8.9.1). */
export function listAffiliations(host: Host, account: string, node: string): Element {
  const one = (person: string, affiliation: string) =>
    el("affiliation", { jid: host.address(person).toString(), affiliation });
  const others = [...host.storage.pepAffiliations.of(account, node)]
    .map(([person, affiliation]) => one(person, affiliation));
  return el("affiliations", { node }, ...fitting([one(account, "owner"), ...others]));
}

/**
 * Changes affiliations, all or none (XEP-0060 section 8.9.2). Who may not read any more loses its
 * subscriptions. The account stays its nodes' only owner.
 */
export function setAffiliations(
  host: Host,
  account: string,
  node: string,
  action: Element,
): undefined {
  const changes = action.getChildren("affiliation")
    .map(({ attrs }) => ({ person: personOf(host, attrs.jid), ...wanted(attrs.affiliation) }));
  const { pepAffiliations, pep } = host.storage;
  const before = pepAffiliations.of(account, node);
  const others = changes.filter(({ person, affiliation }) => {
    if ((person === account) !== (affiliation === "owner")) {
      throw new StanzaError("modify", "not-acceptable", "the account alone owns its nodes");
    }
    return person !== account;
  });
  host.storage.transaction(() => {
    for (const { person, affiliation } of others) {
      pepAffiliations.set(account, node, person, affiliation as PepAffiliation | "none");
    }
    const { size } = pepAffiliations.of(account, node);
    if (size > before.size && size > host.limits.pepAffiliations) {
      throw new StanzaError("wait", "resource-constraint", "the node has too many affiliations");
    }
  });
  endRefused(host, account, node, new Set(others.map(({ person }) => person)));
  if (pep.config(account, node)?.accessModel === "authorize") {
    // What a member had without asking, it does not keep.
    const expelled = new Set(
      others.filter(({ person, affiliation }) => affiliation === "none" && before.has(person))
        .map(({ person }) => person),
    );
    const all = host.storage.pepSubscriptions.of(account, node);
    endSubscriptions(host, account, node, all.filter((one) => expelled.has(one.subscriber)));
  }
}

function wanted(text: string | undefined): { affiliation: PepAffiliation | "none" | "owner" } {
  if (text === "owner") return { affiliation: text };
  const affiliation = AFFILIATIONS.find((one) => one === text);
  if (affiliation === undefined) {
    throw new StanzaError("modify", "bad-request", "no such affiliation");
  }
  return { affiliation };
}

/** Local part of a bare address of this domain. @throws StanzaError */
function personOf(host: Host, text: string | undefined): string {
  const jid = Jid.tryParse(text);
  if (jid === undefined) throw new PubsubError("modify", "bad-request", "invalid-jid");
  const person = host.localAccount(jid.toString());
  if (person === undefined || person.length > LONGEST_NAME) {
    throw new StanzaError("modify", "not-acceptable", "expected a bare address of this server");
  }
  return person;
}

/** `<subscriptions/>` of a node (XEP-0060 section 8.8.1). */
export function listSubscriptions(host: Host, account: string, node: string): Element {
  const elements = host.storage.pepSubscriptions.of(account, node).values()
    .map((one) => subscriptionElement(host, undefined, one, one.state));
  return el("subscriptions", { node }, ...fitting(elements));
}

/**
 * Ends subscriptions, or grants those that wait (XEP-0060 section 8.8.2). Nobody is subscribed who
 * did not ask.
 */
export function setSubscriptions(
  host: Host,
  account: string,
  node: string,
  action: Element,
): undefined {
  const all = host.storage.pepSubscriptions.of(account, node);
  const changes = action.getChildren("subscription").map(({ attrs }) => {
    const jid = Jid.tryParse(attrs.jid);
    if (jid === undefined) throw new PubsubError("modify", "bad-request", "invalid-jid");
    const one = find(host, all, jid);
    if (one === undefined) {
      throw new StanzaError("modify", "not-acceptable", `${jid} did not ask to subscribe`);
    }
    const state = attrs.subscription;
    if (state !== "none" && state !== "subscribed" && state !== one.state) {
      throw new StanzaError("modify", "not-acceptable", "a subscription is granted or ended");
    }
    return { one, state };
  });
  const ended = changes.filter(({ state }) => state === "none").map(({ one }) => one);
  const granted = changes
    .filter(({ one, state }) => state === "subscribed" && one.state === "pending")
    .map(({ one }) => one);
  grant(host, account, node, granted.filter((one) => !ended.includes(one)));
  endSubscriptions(host, account, node, ended);
}

function find(
  host: Host,
  all: readonly PepSubscription[],
  jid: Jid,
): PepSubscription | undefined {
  const person = host.localAccount(jid.bare().toString());
  return all.find((one) => one.subscriber === person && one.resource === jid.resource);
}

/**
 * Does what the owner's form says, for all that one person asked for of the node (XEP-0060 section
 * 8.6). @throws StanzaError `item-not-found` when nothing of it waits
 */
export function decide(host: Host, account: string, decision: Decision): void {
  const { node, subscriber, allow } = decision;
  const person = host.localAccount(subscriber.bare().toString());
  const waiting = host.storage.pepSubscriptions.of(account, node)
    .filter((one) => one.subscriber === person && one.state === "pending");
  if (waiting.length === 0) throw new StanzaError("cancel", "item-not-found");
  if (allow) grant(host, account, node, waiting);
  else endSubscriptions(host, account, node, waiting);
}

/** @throws StanzaError when the node has no room for them, or one of them is an outcast */
function grant(
  host: Host,
  account: string,
  node: string,
  granted: readonly PepSubscription[],
): void {
  if (granted.length === 0) return;
  const { pep, pepSubscriptions } = host.storage;
  const config: PepConfig = pep.config(account, node)!;
  const access = NodeAccess.ofMany(host, account, node, config, granted);
  for (const { subscriber } of granted) {
    const refusal = access.mayAsk(subscriber) ? undefined : access.refusal(subscriber);
    if (refusal !== undefined) throw refusal;
  }
  host.storage.transaction(() => {
    for (const one of granted) {
      pepSubscriptions.put(account, node, { ...one, state: "subscribed" });
    }
    if (pepSubscriptions.count(account, node, "subscribed") > host.limits.pepSubscribers) {
      throw new StanzaError("wait", "resource-constraint", "the node has too many subscriptions");
    }
  });
  for (const one of granted) {
    tellSubscriber(host, account, node, one, "subscribed");
    if (config.sendLast === "never") continue;
    for (const session of sessionsOf(host, one)) {
      const open = host.hooks.passage(host.address(account), session.jid) === "open";
      if (open) sendNewest(host, account, node, session);
    }
  }
}
