import { steadyNow } from "../../base/mod.ts";
import { el, type Element, Jid, NS, serialise, StanzaError } from "../core/mod.ts";
import { metadata, queryArchive, queryForm } from "./archive_query.ts";
import { ClockWatch } from "./clock_watch.ts";
import { isFamiliar } from "./familiarity.ts";
import type { IqRequest } from "./hooks.ts";
import type { Extension, Host } from "./host.ts";
import { mayNotBeArchived } from "./storage_hints.ts";
import type { ArchivePreference } from "./storage/archive_preferences.ts";

const PREFERENCES = ["always", "never", "roster"] as const;
/** Most addresses in one list of preferences. */
const MOST_LISTED = 500;
/** What is too old is looked for each time deadlines were looked at so often. */
const SWEEPS = 60;

/** Message archives of accounts (XEP-0313), with preferences (XEP-0441) and stable ids (XEP-0359). */
export const archive: Extension = (host) => {
  const { hooks, storage } = host;
  hooks.stamp = (message, account) => stamp(host, message, account);
  if (!host.archives) return;
  hooks.feature("account", NS.archive, NS.archiveExtended, NS.stanzaIds);
  storage.archive.familiar = (owner, peer) => {
    const account = host.localAccount(owner);
    return account === undefined || isFamiliar(host, account, Jid.parse(peer));
  };
  hooks.accepted.on((from, message, to) => store(host, from, message, to));
  hooks.removed.on((account) => storage.archive.remove(host.address(account).toString()));
  const clock = new ClockWatch(Date.now(), steadyNow());
  let sweeps = 0;
  hooks.swept.on(() => {
    const now = Date.now();
    if (!clock.calm(now, steadyNow()) || sweeps++ % SWEEPS !== 0) return;
    storage.archive.removeBefore(now - host.limits.archiveAgeMs);
  });
  hooks.iq("account", "query", NS.archive, (request) => query(host, request));
  hooks.iq("account", "metadata", NS.archive, (request) => {
    own(request);
    return metadata(storage.archive, host.address(request.account));
  });
  hooks.bound((session) => metadata(storage.archive, session.jid.bare()));
  hooks.iq("account", "prefs", NS.archive, (request) => preferences(host, request));
};

/** Only the server speaks for its accounts' archives (XEP-0359 section 5). */
function stamp(host: Host, message: Element, account: string): Element {
  const by = host.address(account).toString();
  const forged = message.getChildren("stanza-id", NS.stanzaIds).filter(({ attrs }) =>
    Jid.tryParse(attrs.by)?.domain === host.domain.domain
  );
  const marked = host.archives && isWorthArchiving(host, message, account);
  if (!marked && forged.length === 0) return message;
  const copy = el(message.name, message.attrs);
  copy.children = message.children.filter((child) => !forged.includes(child as Element));
  if (marked) {
    const id = String(host.storage.archive.nextId(Date.now()));
    copy.append(el("stanza-id", { xmlns: NS.stanzaIds, by, id }));
  }
  return copy;
}

/**
 * What a person would want to find again (XEP-0313 section 5.1.3). What a stranger wants to be kept
 * must be something to read: what no client shows is not to fill archives.
 */
function isWorthArchiving(host: Host, message: Element, account: string): boolean {
  const type = message.attrs.type ?? "normal";
  if (mayNotBeArchived(message) || !["chat", "normal"].includes(type)) return false;
  if (message.getChild("body", NS.client) !== undefined) return true;
  if (message.getChild("store", NS.hints) === undefined) return false;
  const from = Jid.tryParse(message.attrs.from);
  return from !== undefined && isFamiliar(host, account, from);
}

function store(host: Host, from: Jid, message: Element, to: Jid): void {
  const { archive } = host.storage;
  const by = host.address(to.local).toString();
  const id = message.getChildren("stanza-id", NS.stanzaIds).find(({ attrs }) => attrs.by === by);
  if (id === undefined) return;
  const copy = el(message.name, { ...message.attrs, xmlns: NS.client });
  copy.children = message.children;
  const stanza = serialise(copy);
  if (wants(host, to.local, from)) {
    const { resource } = from;
    const peer = from.bare().toString();
    archive.add({ id: Number(id.attrs.id), owner: by, peer, resource, stanza });
  }
  const ours = from.domain === host.domain.domain && from.local !== "" && from.local !== to.local;
  if (!ours || !wants(host, from.local, to)) return;
  const { resource } = to;
  archive.add({
    id: archive.nextId(Date.now()),
    owner: from.bare().toString(),
    peer: by,
    resource,
    stanza,
  });
}

function wants(host: Host, account: string, other: Jid): boolean {
  const { preference, always, never } = host.storage.archivePreferences.get(account);
  const jid = other.bare().toString();
  if (never.includes(jid)) return false;
  if (always.includes(jid)) return true;
  if (preference === "roster") return host.storage.rosters.get(account, jid).listed;
  return preference === "always";
}

function query(host: Host, request: IqRequest): Element | undefined {
  own(request);
  const { session, payload, type } = request;
  if (type === "get") return el("query", { xmlns: NS.archive }, queryForm());
  const { results, fin, cost } = queryArchive(host, host.address(request.account), payload);
  session.charge(cost);
  for (const message of results) {
    message.attrs.to = session.jid.toString();
    const xml = serialise(message);
    session.sendXml(xml);
    session.charge(xml.length);
  }
  return fin;
}

function preferences(host: Host, request: IqRequest): Element {
  own(request);
  const { payload, account, type } = request;
  const stored = host.storage.archivePreferences;
  if (type === "set") stored.set(account, readPreferences(payload));
  const { preference, always, never } = stored.get(account);
  const list = (name: string, jids: readonly string[]) =>
    el(name, {}, ...jids.map((jid) => el("jid", {}, jid)));
  return el(
    "prefs",
    { xmlns: NS.archive, default: preference },
    list("always", always),
    list("never", never),
  );
}

function readPreferences(payload: Element): ArchivePreference {
  const preference = PREFERENCES.find((name) => name === payload.attrs.default);
  if (preference === undefined) {
    throw new StanzaError("modify", "bad-request", "default is always, never or roster");
  }
  const list = (name: string) => {
    const children = payload.getChild(name)?.getChildren("jid") ?? [];
    if (children.length > MOST_LISTED) throw new StanzaError("wait", "resource-constraint");
    return children.map((child) => {
      const jid = Jid.tryParse(child.getText().trim());
      if (jid === undefined) throw new StanzaError("modify", "jid-malformed");
      return jid.bare().toString();
    });
  };
  return { preference, always: list("always"), never: list("never") };
}

function own({ account, session }: IqRequest): void {
  if (account !== session.account) throw new StanzaError("auth", "forbidden");
}
