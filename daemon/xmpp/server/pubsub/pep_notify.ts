import { el, type Element, newId, NO_LIMITS, NS, parseElement, serialise } from "../../core/mod.ts";
import { delayElement } from "../delay.ts";
import type { Host } from "../host.ts";
import type { PepConfig, PepItem } from "../storage/pep_nodes.ts";
import { watchers } from "../presence/presence_fanout.ts";
import type { Session } from "../session.ts";
import { isSeenBy } from "../presence/subscription_state.ts";

/** What looking through a contact's nodes costs who wants to know, in bytes of its rate. */
const CONTACT_COST = 256;

/** `<item/>` with its payload. */
export function itemElement({ id, payload }: PepItem): Element {
  return el("item", { id }, payload === "" ? undefined : parseElement(payload, NO_LIMITS));
}

/** `<items/>` of an event (XEP-0060 section 7.1.2.1). */
export function itemsEvent(node: string, ...children: Element[]): Element {
  return el("items", { node }, ...children);
}

/**
 * Tells who wants to know (XEP-0163 section 4.3): the account's own resources and those of contacts
 * who see its presence, if their client announced `node+notify`. The publisher pays with its rate.
 */
export function notify(
  host: Host,
  publisher: Session,
  node: string,
  config: PepConfig,
  event: Element,
): void {
  const { account } = publisher;
  const contacts = config.accessModel === "whitelist" ? [] : watchers(host, account);
  const targets = [...host.sessions.available(account), ...contacts]
    .filter((session) => wants(session, node));
  for (const session of targets) sendEvent(host, session, account, event);
  publisher.charge(targets.length * serialise(event).length);
}

/** The newest items a session has not asked for but wants: its own and its contacts'. */
export function sendLastItems(host: Host, session: Session): void {
  if (![...session.features ?? []].some((feature) => feature.endsWith("+notify"))) return;
  sendLastOf(host, session.account, session);
  const contacts = host.storage.rosters.contacts(session.account, "to");
  session.charge(contacts.length * CONTACT_COST);
  for (const contact of contacts) {
    const owner = host.localAccount(contact);
    if (owner === undefined) continue;
    const state = host.storage.rosters.get(owner, session.jid.bare().toString());
    const open = host.hooks.passage(host.address(owner), session.jid) === "open";
    if (isSeenBy(state) && open) sendLastOf(host, owner, session);
  }
}

/** The newest items of one account, for one session that may see its presence. */
export function sendLastOf(host: Host, owner: string, session: Session): void {
  const { pep } = host.storage;
  for (const node of pep.nodes(owner)) {
    if (!wants(session, node)) continue;
    const { accessModel, sendLast } = pep.config(owner, node)!;
    if (sendLast === "never") continue;
    if (accessModel === "whitelist" && owner !== session.account) continue;
    const [item] = pep.items(owner, node, 1);
    if (item === undefined) continue;
    const event = itemsEvent(node, itemElement(item));
    sendEvent(host, session, owner, event, delayElement(host.address(owner), item.published));
  }
}

function wants(session: Session, node: string): boolean {
  return session.features?.has(`${node}+notify`) ?? false;
}

function sendEvent(
  host: Host,
  session: Session,
  owner: string,
  event: Element,
  delay?: Element,
): void {
  session.relay(el(
    "message",
    {
      type: "headline",
      id: newId(),
      from: host.address(owner).toString(),
      to: session.jid.toString(),
    },
    el("event", { xmlns: NS.pubsubEvent }, event),
    delay,
  ));
}
