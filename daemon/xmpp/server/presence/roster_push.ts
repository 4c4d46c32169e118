import { el, type Element, newId, NS } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import type { RosterItem } from "../storage/rosters.ts";

/** `<item/>` of a roster (RFC 6121 section 2.1.2). */
export function rosterElement(item: RosterItem): Element {
  return el(
    "item",
    {
      jid: item.contact,
      name: item.name || undefined,
      subscription: item.subscription,
      ask: item.ask ? "subscribe" : undefined,
      approved: item.approved ? "true" : undefined,
    },
    ...item.groups.map((group) => el("group", {}, group)),
  );
}

/** Tells the account's interested resources of one item (RFC 6121 section 2.1.6). */
export function pushRoster(host: Host, account: string, item: Element): void {
  const ver = host.storage.rosters.version(account);
  for (const session of host.sessions.of(account)) {
    if (!session.wantsRoster) continue;
    session.send(el(
      "iq",
      { type: "set", id: newId(), to: session.jid.toString() },
      el("query", { xmlns: NS.roster, ver }, item),
    ));
  }
}
