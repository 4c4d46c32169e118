import { el, type Element, newId, NS, serialise } from "../../core/mod.ts";
import { delayElement } from "../delay.ts";
import type { Host } from "../host.ts";
import type { PepConfig, PepItem } from "../storage/pep_nodes.ts";
import { NodeAccess } from "./pep_access.ts";
import { watchers } from "../presence/presence_fanout.ts";
import type { Session } from "../session.ts";
import type { PepSubscription } from "../storage/pep_subscriptions.ts";
import { passOn, type Payer } from "../stored_xml.ts";
import { isSeenBy } from "../presence/subscription_state.ts";

/** What looking through a contact's nodes costs who wants to know, in bytes of its rate. */
const CONTACT_COST = 256;

/** Most nodes of whose newest items a session is told. */
const MOST_GREETED = 256;

/**
 * `<item/>` with its payload as it is stored; undefined when that cannot be read.
 * @param payer pays for looking
 */
export function itemElement(
  host: Host,
  payer: Payer,
  { id, payload, publisher }: PepItem,
): Element | undefined {
  const attrs = { id, publisher: publisher ? host.address(publisher).toString() : undefined };
  if (payload === "") return el("item", attrs);
  const content = passOn(payload, payer);
  return content && el("item", attrs, content);
}

/** `<items/>` of an event (XEP-0060 section 7.1.2.1). */
export function itemsEvent(node: string, ...children: Element[]): Element {
  return el("items", { node }, ...children);
}

/**
 * Who is told of what happens on a node now: the account's own resources and those of contacts, if
 * their client announced `node+notify` (XEP-0163 section 4.3), and explicit subscribers; of others
 * than the account only who may read it at this moment, and nobody who blocks or is blocked.
 */
export function audienceOf(
  host: Host,
  account: string,
  node: string,
  config: PepConfig,
): ReadonlySet<Session> {
  const subscriptions = host.storage.pepSubscriptions.of(account, node);
  const access = NodeAccess.ofMany(host, account, node, config, subscriptions);
  const wanting = [...host.sessions.available(account), ...watchers(host, account)]
    .filter((session) => session.features?.has(`${node}+notify`));
  const owner = host.address(account);
  const subscribed = subscriptions.filter(({ state }) => state === "subscribed")
    .flatMap((subscription) => sessionsOf(host, subscription))
    .filter(({ jid }) => host.hooks.passage(owner, jid) === "open");
  const may = new Map<string, boolean>();
  return new Set([...wanting, ...subscribed].filter(({ account: person }) => {
    if (!may.has(person)) may.set(person, access.may(person));
    return may.get(person)!;
  }));
}

/** The sessions a subscription speaks of that are there now. */
export function sessionsOf(
  host: Host,
  { subscriber, resource }: Pick<PepSubscription, "subscriber" | "resource">,
): Session[] {
  return host.sessions.available(subscriber).filter(({ jid, priority }) =>
    resource === "" ? priority >= 0 : jid.resource === resource
  );
}

/**
 * Tells an audience of an event on a node of `account`.
 * @param payer pays for all of it with its rate
 */
export function tell(
  host: Host,
  payer: Session,
  account: string,
  audience: ReadonlySet<Session>,
  event: Element,
): void {
  for (const session of audience) session.relay(eventMessage(host, session, account, event));
  payer.charge(audience.size * serialise(event).length);
}

/** {@link tell} all that are to be told. */
export function notify(
  host: Host,
  payer: Session,
  account: string,
  node: string,
  config: PepConfig,
  event: Element,
): void {
  tell(host, payer, account, audienceOf(host, account, node, config), event);
}

/**
 * The newest items a session has not asked for but wants: its own and its contacts'. Of each node it
 * gets them once while it is online, however often it changes what it wants.
 */
export function sendLastItems(host: Host, session: Session): void {
  const { greeted } = session;
  const fresh = new Set(
    [...session.features ?? []].filter((feature) => !greeted.has(feature))
      .slice(0, MOST_GREETED - greeted.size),
  );
  if (fresh.size === 0) return;
  for (const feature of fresh) greeted.add(feature);
  sendLastOf(host, session.account, session, fresh);
  const contacts = host.storage.rosters.contacts(session.account, "to");
  session.charge(contacts.length * CONTACT_COST);
  for (const contact of contacts) {
    if (session.full) return;
    const owner = host.localAccount(contact);
    if (owner === undefined) continue;
    const state = host.storage.rosters.get(owner, session.jid.bare().toString());
    const open = host.hooks.passage(host.address(owner), session.jid) === "open";
    if (isSeenBy(state) && open) sendLastOf(host, owner, session, fresh);
  }
}

/**
 * The newest items of one account, for one session that may see its presence. They are sent as they
 * are stored; the session pays for them with its rate.
 * @param features what the session wants of them, if not all it wants
 */
export function sendLastOf(
  host: Host,
  owner: string,
  session: Session,
  features: ReadonlySet<string> = session.features ?? new Set(),
): void {
  const { pep } = host.storage;
  if (features.size === 0) return;
  const access = NodeAccess.ofPerson(host, owner, session.account);
  for (const node of pep.nodes(owner)) {
    if (!features.has(`${node}+notify`)) continue;
    if (session.full) return;
    const config = pep.config(owner, node)!;
    if (config.sendLast === "never") continue;
    if (!access(node, config).may(session.account)) continue;
    sendNewest(host, owner, node, session);
  }
}

/** The newest item of a node, for a session that may have it and pays for it with its rate. */
export function sendNewest(host: Host, owner: string, node: string, session: Session): void {
  const [item] = host.storage.pep.items(owner, node, 1);
  if (item === undefined) return;
  const delay = delayElement(host.address(owner), item.published);
  // Nobody can guess it: it stands for the payload alone.
  const payload = newId();
  const publisher = item.publisher ? host.address(item.publisher).toString() : undefined;
  const event = itemsEvent(node, el("item", { id: item.id, publisher }, payload));
  const message = eventMessage(host, session, owner, event, delay);
  const xml = serialise(message).replace(payload, () => item.payload);
  session.charge(xml.length);
  session.sendXml(xml);
}

function eventMessage(
  host: Host,
  session: Session,
  owner: string,
  event: Element,
  delay?: Element,
): Element {
  return el(
    "message",
    {
      type: "headline",
      id: newId(),
      from: host.address(owner).toString(),
      to: session.jid.toString(),
    },
    el("event", { xmlns: NS.pubsubEvent }, event),
    delay,
  );
}
