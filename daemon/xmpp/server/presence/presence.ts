import { logOf } from "../../../base/mod.ts";
import { type Element, Jid, NS, serialise, StanzaError } from "../../core/mod.ts";
import { readdressed } from "../addressing.ts";
import type { Extension, Host } from "../host.ts";
import { broadcast, reachable, sendPresence, unavailable } from "./presence_fanout.ts";
import type { Session } from "../session.ts";
import { readStored } from "../stored_xml.ts";
import { isSeenBy, isSubscriptionType } from "./subscription_state.ts";
import { changeSubscriptions } from "./subscriptions.ts";

/** What looking through a roster costs its owner's rate, in bytes for each contact. */
const CONTACT_COST = 32;

/** Presence is kept and copied to many: what is larger is not presence. */
const LONGEST_PRESENCE = 16_384;

/** Presence (RFC 6121 sections 3 and 4): broadcast, probes, directed, subscriptions, farewell. */
export const presence: Extension = (host) => {
  host.hooks.presence = (session, stanza, to) => {
    const { type } = stanza.attrs;
    if (serialise(stanza).length > LONGEST_PRESENCE) {
      throw new StanzaError("modify", "policy-violation", "this presence is too long");
    }
    // Which picture it has nobody takes on its word, wherever the presence goes.
    if (stanza.getChild("x", NS.vcardUpdate) !== undefined) {
      stanza = host.hooks.dress(session, stanza);
    }
    if (isSubscriptionType(type) && to.domain === host.domain.domain) {
      const contact = to.bare();
      // What concerns the account itself or the server changes nothing.
      if (contact.local === "" || contact.local === session.account) return;
      changeSubscriptions(
        host,
        (change) => change.send(session.account, contact.toString(), type, stanza),
      );
    } else if (stanza.attrs.to !== undefined) directed(host, session, stanza, to);
    else if (type === undefined) available(host, session, stanza);
    else if (type === "unavailable") leave(host, session, stanza);
    else throw new StanzaError("modify", "bad-request", "unknown type of presence");
  };
  host.hooks.closed.on((session) => leave(host, session, unavailable(session.jid)));
};

function available(host: Host, session: Session, stanza: Element): void {
  session.priority = priorityOf(stanza);
  stanza = host.hooks.dress(session, stanza);
  session.charge(host.storage.rosters.count(session.account) * CONTACT_COST);
  const before = session.presence;
  session.presence = stanza;
  broadcast(host, session, stanza);
  if (before === undefined) greet(host, session);
  host.hooks.available.run(session, before);
}

/** What a session sees when it comes online: who else is, and who asks for its presence. */
function greet(host: Host, session: Session): void {
  const { sessions, storage } = host;
  for (const own of sessions.available(session.account)) {
    if (own !== session) sendPresence(own.presence!, [session]);
  }
  for (const jid of storage.rosters.contacts(session.account, "to")) {
    const contact = host.localAccount(jid);
    if (contact !== undefined) probe(host, session, contact);
  }
  for (const xml of storage.rosters.requests(session.account)) {
    const request = readStored(xml);
    if (request !== undefined) sendPresence(request, [session]);
  }
}

/** Presence of an account's sessions to one that asks, if it may see them (section 4.3). */
function probe(host: Host, session: Session, contact: string): void {
  const sessions = host.sessions.available(contact);
  if (sessions.length === 0) return;
  const asker = session.jid.bare();
  if (!isSeenBy(host.storage.rosters.get(contact, asker.toString()))) return;
  for (const seen of sessions) {
    sendPresence(seen.presence!, reachable(host, seen.jid, [session]));
  }
}

function directed(host: Host, session: Session, stanza: Element, to: Jid): void {
  const service = host.services.get(to.domain);
  if (to.local === "" && service === undefined) return;
  const { type } = stanza.attrs;
  if (type === "probe" && service === undefined) return probe(host, session, to.local);
  if (service !== undefined && (type === "probe" || isSubscriptionType(type))) {
    return deliver(host, session, stanza, to);
  }
  if (type !== undefined && type !== "unavailable" && type !== "error") {
    throw new StanzaError("modify", "bad-request", "unknown type of presence");
  }
  const target = to.toString();
  if (type === undefined) {
    if (session.directed.size >= host.limits.directedPresences && !session.directed.has(target)) {
      throw new StanzaError("wait", "policy-violation", "presence was sent to too many");
    }
    if (service !== undefined) forgetOtherNicks(session, to);
    session.directed.add(target);
  } else if (type === "unavailable") session.directed.delete(target);
  deliver(host, session, stanza, to);
}

/** In a room one is under one nick at a time: it is told of the end once. */
function forgetOtherNicks({ directed }: Session, to: Jid): void {
  const bare = `${to.bare()}/`;
  for (const target of directed) if (target.startsWith(bare)) directed.delete(target);
}

function deliver(host: Host, session: Session, stanza: Element, to: Jid): void {
  const service = host.services.get(to.domain);
  if (service !== undefined) return service.receive(stanza, session.jid, to, session);
  // A service that is no more: names below it mean nothing here.
  if (to.domain !== host.domain.domain) return;
  if (to.resource === "") {
    const targets = host.sessions.available(to.local);
    const own = to.local === session.account;
    sendPresence(stanza, own ? targets : reachable(host, session.jid, targets));
  } else host.sessions.get(to)?.relay(stanza);
}

/** Unavailable to all who saw the session (sections 4.5 and 4.6.4). */
function leave(host: Host, session: Session, stanza: Element): void {
  if (session.presence !== undefined) {
    session.presence = undefined;
    session.priority = 0;
    session.features = undefined;
    session.greeted.clear();
    const told = broadcast(host, session, stanza);
    for (const other of told) session.directed.delete(other.jid.toString());
  }
  const targets = [...session.directed];
  session.directed.clear();
  for (const target of targets) {
    const to = Jid.parse(target);
    const service = host.services.get(to.domain) !== undefined;
    if (!service && host.hooks.passage(session.jid, to) !== "open") continue;
    try {
      deliver(host, session, readdressed(stanza, session.jid.toString(), target), to);
    } catch (error) {
      // A service that refuses a goodbye keeps it from nobody else.
      logOf("xmpp-server").warn("a goodbye to {target} was refused: {error}", { target, error });
    }
  }
}

function priorityOf(stanza: Element): number {
  const text = stanza.getChildText("priority")?.trim() ?? "0";
  const priority = /^[+-]?\d{1,3}$/.test(text) ? Number(text) : NaN;
  if (!(priority >= -128 && priority <= 127)) {
    throw new StanzaError("modify", "bad-request", "a priority is a number from -128 to 127");
  }
  return priority;
}
