import { el, type Element, type Jid, NS, serialise } from "../../core/mod.ts";
import { readdressed } from "../addressing.ts";
import type { Host } from "../host.ts";
import type { Session } from "../session.ts";

/** `<presence type='unavailable'/>` of a full JID. */
export function unavailable(from: Jid): Element {
  return el("presence", { xmlns: NS.client, type: "unavailable", from: from.toString() });
}

/** Writes presence to sessions, each addressed by its full JID. */
export function sendPresence(presence: Element, to: Iterable<Session>): void {
  for (const session of to) {
    session.relay(readdressed(presence, presence.attrs.from!, session.jid.toString()));
  }
}

/** Available sessions of the contacts that may see `account` and do not block it, nor it them. */
export function watchers(host: Host, account: string): Session[] {
  const owner = host.address(account);
  return host.storage.rosters.contacts(account, "from").flatMap((contact) => {
    const watcher = host.localAccount(contact);
    if (watcher === undefined || watcher === account) return [];
    const sessions = host.sessions.available(watcher);
    if (sessions.length === 0) return [];
    return host.hooks.passage(owner, host.address(watcher)) === "open" ? sessions : [];
  });
}

/**
 * Presence of one session to all who may see it and to the account's own resources. Its sender pays
 * with its rate for every copy.
 */
export function broadcast(host: Host, session: Session, presence: Element): Set<Session> {
  const targets = new Set([
    ...watchers(host, session.account),
    ...host.sessions.available(session.account),
  ]);
  session.charge(targets.size * serialise(presence).length);
  sendPresence(presence, targets);
  return targets;
}

/** Presence of all of an account's sessions to all of another's, if nobody blocks. */
export function showPresence(host: Host, owner: string, watcher: string, shown: boolean): void {
  if (host.hooks.passage(host.address(owner), host.address(watcher)) !== "open") return;
  const targets = host.sessions.available(watcher);
  for (const session of host.sessions.available(owner)) {
    sendPresence(shown ? session.presence! : unavailable(session.jid), targets);
  }
}
