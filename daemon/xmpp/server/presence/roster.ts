import { el, type Element, Jid, NS, StanzaError } from "../../core/mod.ts";
import type { IqRequest } from "../hooks.ts";
import type { Extension, Host } from "../host.ts";
import { pushRoster, rosterElement } from "./roster_push.ts";
import type { RosterItem } from "../storage/rosters.ts";
import { isSeenBy, sees } from "./subscription_state.ts";
import { changeSubscriptions } from "./subscriptions.ts";

const LONGEST_NAME = 255;
const MOST_GROUPS = 16;

/** Rosters (RFC 6121 section 2): get with versions, set, remove. */
export const roster: Extension = (host) => {
  host.hooks.streamFeature("bound", () => el("ver", { xmlns: NS.rosterVersioning }));
  host.hooks.streamFeature("bound", () => el("sub", { xmlns: NS.preApproval }));
  host.hooks.iq("account", "query", NS.roster, (request) => {
    if (request.account !== request.session.account) throw new StanzaError("auth", "forbidden");
    return request.type === "get" ? get(host, request) : set(host, request);
  });
};

function get(host: Host, { session, payload }: IqRequest): Element | undefined {
  session.wantsRoster = true;
  const { rosters } = host.storage;
  const ver = rosters.version(session.account);
  // The empty result says that the client's copy is the newest (section 2.6.2).
  if (payload.attrs.ver === ver) return undefined;
  return el(
    "query",
    { xmlns: NS.roster, ver },
    ...rosters.list(session.account).map(rosterElement),
  );
}

function set(host: Host, { session, payload }: IqRequest): undefined {
  const [item, ...others] = payload.getChildElements();
  if (item === undefined || others.length > 0 || !item.is("item", NS.roster)) {
    throw new StanzaError("modify", "bad-request", "expected one item");
  }
  const jid = Jid.tryParse(item.attrs.jid);
  if (jid === undefined || jid.resource !== "" || jid.equals(session.jid.bare())) {
    throw new StanzaError("modify", "bad-request", "expected the bare JID of a contact");
  }
  const contact = jid.toString();
  if (item.attrs.subscription === "remove") return remove(host, session.account, contact);
  const { name, groups } = shown(item);
  const { rosters } = host.storage;
  const changed = host.storage.transaction(() => {
    const before = rosters.get(session.account, contact);
    if (!before.listed && rosters.count(session.account) >= host.limits.rosterItems) {
      throw new StanzaError("wait", "resource-constraint", "the roster is full");
    }
    const after: RosterItem = { ...before, name, groups, listed: true };
    rosters.put(session.account, after);
    return after;
  });
  pushRoster(host, session.account, rosterElement(changed));
}

function shown(item: Element): { name: string; groups: string[] } {
  const name = item.attrs.name ?? "";
  const groups = item.getChildren("group").map((group) => group.getText());
  if (name.length > LONGEST_NAME || groups.some((group) => group.length > LONGEST_NAME)) {
    throw new StanzaError("modify", "not-acceptable", "a name is too long");
  }
  if (groups.length > MOST_GROUPS || groups.includes("")) {
    throw new StanzaError("modify", "not-acceptable", "too many groups, or one without a name");
  }
  if (new Set(groups).size < groups.length) {
    throw new StanzaError("modify", "bad-request", "a group stands twice");
  }
  return { name, groups };
}

/** Removing a contact cancels both subscriptions (section 2.5.2). */
function remove(host: Host, account: string, contact: string): undefined {
  changeSubscriptions(host, (change) => {
    const item = host.storage.rosters.get(account, contact);
    if (!item.listed) throw new StanzaError("cancel", "item-not-found");
    if (sees(item) || item.ask) change.send(account, contact, "unsubscribe", undefined, true);
    if (isSeenBy(item) || item.pendingIn) {
      change.send(account, contact, "unsubscribed", undefined, true);
    }
    host.storage.rosters.remove(account, contact);
    const gone = el("item", { jid: contact, subscription: "remove" });
    change.effects.push(() => pushRoster(host, account, gone));
  });
}
