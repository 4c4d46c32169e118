import { type Element, type Jid, NS, serialise, StanzaError } from "../core/mod.ts";
import { delayed } from "./delay.ts";
import type { Extension, Host } from "./host.ts";
import type { Session } from "./session.ts";
import { isWorthKeeping, mayNotBeKept } from "./storage_hints.ts";
import { isSeenBy, sees } from "./presence/subscription_state.ts";

/** One batch, sent before the client has to answer. */
const BATCH_MESSAGES = 50;
const BATCH_BYTES = 262_144;

/**
 * Offline messages (XEP-0160), with storage hints (XEP-0334). They are sent in batches and forgotten
 * once the client has confirmed them: what is lost with a session comes again.
 */
export const offline: Extension = (host) => {
  host.hooks.feature("server", NS.offline);
  const receiving = new Set<string>();

  host.hooks.keepMessage = (account, message, sender) => keep(host, account, message, sender);
  host.hooks.available.on((session) => {
    if (session.priority >= 0) flush(host, session, receiving);
  });
  // While it was full, what came for it was kept.
  host.hooks.relieved.on((session) => {
    if (session.presence !== undefined && session.priority >= 0) flush(host, session, receiving);
  });
};

function keep(host: Host, account: string, message: Element, sender: Jid): void {
  const unavailable = new StanzaError("cancel", "service-unavailable", "not online, not kept");
  if (mayNotBeKept(message)) {
    // Only who may see the presence is told that nobody was there.
    const seen = isSeenBy(host.storage.rosters.get(account, sender.toString()));
    if (seen || sender.local === account) throw unavailable;
    return;
  }
  if (!isWorthKeeping(message)) return;
  const { offlineMessages, offlineBytes, offlineShareOfContact, offlineShareOfStrangers } =
    host.limits;
  const familiar = isFamiliar(host, account, sender);
  const share = familiar ? offlineShareOfContact : offlineShareOfStrangers;
  const kept = host.storage.offline.add(
    account,
    familiar ? sender.toString() : STRANGERS,
    serialise(delayed(message, host.domain, host.address(account))),
    { messages: offlineMessages, bytes: offlineBytes },
    { messages: Math.ceil(offlineMessages * share), bytes: Math.ceil(offlineBytes * share) },
  );
  if (!kept) throw unavailable;
}

/** What all strangers' messages are counted under; no address. */
const STRANGERS = "strangers";

/** Only what the account itself did makes a contact of somebody: a request of theirs does not. */
function isFamiliar(host: Host, account: string, sender: Jid): boolean {
  if (sender.local === account) return true;
  const state = host.storage.rosters.get(account, sender.toString());
  return state.listed || sees(state) || isSeenBy(state);
}

function flush(host: Host, session: Session, receiving: Set<string>): void {
  const { account } = session;
  if (receiving.has(account)) return;
  const batch = host.storage.offline.after(account, 0, BATCH_MESSAGES, BATCH_BYTES);
  const last = batch.at(-1);
  if (last === undefined) return;
  receiving.add(account);
  let came = 0;
  let over = false;
  const finish = () => {
    over = true;
    receiving.delete(account);
    if (came > 0) host.storage.offline.removeUpTo(account, came);
    const next = session.open ? session : other(host, account);
    if (next !== undefined && next.presence !== undefined) flush(host, next, receiving);
  };
  for (const { id, stanza } of batch) {
    session.sendXml(stanza);
    session.confirm(0, (confirmed) => {
      if (over) return;
      if (confirmed) came = id;
      if (!confirmed || id === last.id) finish();
    });
  }
}

function other(host: Host, account: string): Session | undefined {
  return host.sessions.available(account).find(({ open, priority }) => open && priority >= 0);
}
