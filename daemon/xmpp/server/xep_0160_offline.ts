import { el, type Element, type Jid, NS, serialise, StanzaError } from "../core/mod.ts";
import { delayElement } from "./delay.ts";
import type { Extension, Host } from "./host.ts";
import type { Session } from "./session.ts";
import { isSeenBy } from "./subscription_state.ts";

/** One batch, sent before the client has to answer. */
const BATCH_MESSAGES = 50;
const BATCH_BYTES = 262_144;

/** Children that alone make no message worth keeping. */
const FLEETING = new Set<string | undefined>([NS.chatStates, NS.hints]);

/**
 * Offline messages (XEP-0160), with storage hints (XEP-0334). They are sent in batches and forgotten
 * once the client has answered a ping behind them: what is lost with a connection comes again.
 */
export const offline: Extension = (host) => {
  host.hooks.feature("server", NS.offline);
  const receiving = new Set<string>();

  host.hooks.keepMessage = (account, message, sender) => keep(host, account, message, sender);
  host.hooks.available.on((session) => {
    if (session.priority >= 0) flush(host, session, receiving);
  });
};

function keep(host: Host, account: string, message: Element, sender: Jid): void {
  const unavailable = new StanzaError("cancel", "service-unavailable", "not online, not kept");
  if (message.getChild("no-store", NS.hints) !== undefined) {
    // Only who may see the presence is told that nobody was there.
    const seen = isSeenBy(host.storage.rosters.get(account, sender.toString()));
    if (seen || sender.local === account) throw unavailable;
    return;
  }
  const wanted = message.getChild("store", NS.hints) !== undefined ||
    message.getChildElements().some((child) =>
      !FLEETING.has(child.getNS()) && child.getName() !== "thread"
    );
  if (!wanted) return;
  message.append(delayElement(host.domain, Date.now()));
  const { offlineMessages, offlineBytes } = host.limits;
  const kept = host.storage.offline.add(
    account,
    serialise(message),
    offlineMessages,
    offlineBytes,
  );
  if (!kept) throw unavailable;
}

function flush(host: Host, session: Session, receiving: Set<string>): void {
  const { account } = session;
  if (receiving.has(account)) return;
  const batch = host.storage.offline.after(account, 0, BATCH_MESSAGES, BATCH_BYTES);
  const last = batch.at(-1);
  if (last === undefined) return;
  receiving.add(account);
  for (const { stanza } of batch) session.sendXml(stanza);
  session.ask(el("ping", { xmlns: NS.ping }), (answer) => {
    receiving.delete(account);
    if (answer !== undefined) host.storage.offline.removeUpTo(account, last.id);
    const next = answer !== undefined ? session : other(host, account);
    if (next?.open && next.presence !== undefined) flush(host, next, receiving);
  });
}

function other(host: Host, account: string): Session | undefined {
  return host.sessions.available(account).find(({ open, priority }) => open && priority >= 0);
}
