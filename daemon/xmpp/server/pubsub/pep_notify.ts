import { el, type Element, newId, NS, serialise } from "../../core/mod.ts";
import { delayElement } from "../delay.ts";
import type { Host } from "../host.ts";
import type { PepConfig, PepItem } from "../storage/pep_nodes.ts";
import { watchers } from "../presence/presence_fanout.ts";
import type { Session } from "../session.ts";
import { readStored } from "../stored_xml.ts";
import { isSeenBy } from "../presence/subscription_state.ts";

/** What looking through a contact's nodes costs who wants to know, in bytes of its rate. */
const CONTACT_COST = 256;

/** Most nodes of whose newest items a session is told. */
const MOST_GREETED = 256;

/** `<item/>` with its payload; undefined when that cannot be read. */
export function itemElement({ id, payload }: PepItem): Element | undefined {
  if (payload === "") return el("item", { id });
  const content = readStored(payload);
  return content && el("item", { id }, content);
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
  for (const session of targets) {
    session.relay(eventMessage(host, session, account, event));
  }
  publisher.charge(targets.length * serialise(event).length);
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
  for (const node of pep.nodes(owner)) {
    if (!features.has(`${node}+notify`)) continue;
    if (session.full) return;
    const { accessModel, sendLast } = pep.config(owner, node)!;
    if (sendLast === "never") continue;
    if (accessModel === "whitelist" && owner !== session.account) continue;
    const [item] = pep.items(owner, node, 1);
    if (item === undefined) continue;
    const delay = delayElement(host.address(owner), item.published);
    // Nobody can guess it: it stands for the payload alone.
    const payload = newId();
    const event = itemsEvent(node, el("item", { id: item.id }, payload));
    const message = eventMessage(host, session, owner, event, delay);
    const xml = serialise(message).replace(payload, () => item.payload);
    session.charge(xml.length);
    session.sendXml(xml);
  }
}

function wants(session: Session, node: string): boolean {
  return session.features?.has(`${node}+notify`) ?? false;
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
