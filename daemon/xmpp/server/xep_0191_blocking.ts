import { el, type Element, Jid, newId, NS, StanzaError } from "../core/mod.ts";
import type { IqRequest } from "./hooks.ts";
import type { Extension, Host } from "./host.ts";
import { sendPresence, unavailable } from "./presence/presence_fanout.ts";
import { isSeenBy, sees } from "./presence/subscription_state.ts";

/** Blocking (XEP-0191): nothing passes between an account and whom it blocks. */
export const blocking: Extension = (host) => {
  const { hooks, storage } = host;
  hooks.feature("server", NS.blocking);
  hooks.feature("account", NS.blocking);
  hooks.passage = (from, to) => {
    if (blocks(host, from, to)) return "blocked-by-sender";
    return blocks(host, to, from) ? "blocked-by-recipient" : "open";
  };
  for (const scope of ["account", "server"] as const) {
    hooks.iq(scope, "blocklist", NS.blocking, ({ session, type, account }) => {
      own(account, session.account);
      if (type !== "get") throw new StanzaError("modify", "bad-request");
      session.wantsBlocklist = true;
      const items = [...storage.blocklists.list(session.account)];
      return el("blocklist", { xmlns: NS.blocking }, ...items.map((jid) => el("item", { jid })));
    });
    for (const name of ["block", "unblock"] as const) {
      hooks.iq(scope, name, NS.blocking, (request) => {
        own(request.account, request.session.account);
        change(host, name, request);
        return undefined;
      });
    }
  }
};

function own(account: string, session: string): void {
  if (account !== "" && account !== session) throw new StanzaError("auth", "forbidden");
}

/** Is `other` on the list of `jid`'s account: itself, without resource, or its whole domain? */
function blocks(host: Host, jid: Jid, other: Jid): boolean {
  if (jid.local === "" || jid.domain !== host.domain.domain) return false;
  const list = host.storage.blocklists.list(jid.local);
  return list.size > 0 &&
    (list.has(other.toString()) || list.has(other.bare().toString()) || list.has(other.domain));
}

function change(host: Host, name: "block" | "unblock", { session, type, payload }: IqRequest) {
  if (type !== "set") throw new StanzaError("modify", "bad-request");
  const { blocklists } = host.storage;
  const { account } = session;
  const listed = payload.getChildren("item").map(({ attrs }) => Jid.tryParse(attrs.jid));
  if (listed.some((jid) => jid === undefined)) throw new StanzaError("modify", "jid-malformed");
  let jids = listed.map((jid) => jid!.toString());
  if (name === "block" && jids.length === 0) throw new StanzaError("modify", "bad-request");
  const before = blocklists.list(account);
  if (name === "unblock" && jids.length === 0) jids = [...before];
  const fresh = jids.filter((jid) => before.has(jid) !== (name === "block"));
  if (name === "block" && before.size + fresh.length > host.limits.blockedJids) {
    throw new StanzaError("wait", "resource-constraint", "the blocklist is full");
  }
  if (name === "block") showPresence(host, account, fresh, false);
  host.storage.transaction(() => {
    for (const jid of fresh) {
      if (name === "block") blocklists.add(account, jid);
      else blocklists.remove(account, jid);
    }
  });
  if (name === "unblock") showPresence(host, account, fresh, true);
  push(host, account, el(name, payload.attrs, ...jids.map((jid) => el("item", { jid }))));
}

/** Whom an account blocks sees it go, and come back when unblocked (sections 3.3 and 3.4). */
function showPresence(host: Host, account: string, jids: string[], shown: boolean): void {
  for (const jid of jids) {
    const contact = host.localAccount(jid);
    if (contact === undefined) continue;
    const item = host.storage.rosters.get(account, jid);
    const passages = [
      { owner: account, watcher: contact, sees: isSeenBy(item) },
      { owner: contact, watcher: account, sees: sees(item) },
    ];
    for (const { owner, watcher } of passages.filter((passage) => passage.sees)) {
      if (host.hooks.passage(host.address(owner), host.address(watcher)) !== "open") continue;
      for (const session of host.sessions.available(owner)) {
        const presence = shown ? session.presence! : unavailable(session.jid);
        sendPresence(presence, host.sessions.available(watcher));
      }
    }
  }
}

function push(host: Host, account: string, change: Element): void {
  for (const session of host.sessions.of(account)) {
    if (!session.wantsBlocklist) continue;
    const to = session.jid.toString();
    session.send(el("iq", { type: "set", id: newId(), to }, change));
  }
}
