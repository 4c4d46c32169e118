import { Jid, serialise, StanzaError } from "../core/mod.ts";
import { delayed } from "./delay.ts";
import type { Extension, Host } from "./host.ts";
import type { Session } from "./session.ts";
import { isDatabaseTrouble } from "./storage/database.ts";
import { readStored } from "./stored_xml.ts";
import { isWorthKeeping } from "./storage_hints.ts";

/**
 * A connection can be dead long before anybody notices. Every message worth keeping is remembered
 * until its receiver has confirmed it, by an acknowledgement (XEP-0198) or a ping behind it
 * (XEP-0199); when the session ends first, it goes to the account's other sessions or to the offline
 * store. A message may so come twice, but is never lost in between.
 */
export const unconfirmed: Extension = (host) => {
  host.hooks.delivered.on((message, xml, audience) => {
    if (!isWorthKeeping(message)) return;
    const open = audience.filter((session) => session.open);
    // Writing may have ended a session that reads too slowly.
    if (open.length === 0) return deliverAgain(host, xml, audience);
    for (const session of open) session.confirm(xml.length, again(host, xml, audience));
  });
};

/** Keeps the text alone, which is far smaller than the tree, and is hardly ever read again. */
function again(host: Host, xml: string, audience: readonly Session[]) {
  return (came: boolean) => {
    if (!came) deliverAgain(host, xml, audience);
  };
}

function deliverAgain(host: Host, written: string, audience: readonly Session[]): void {
  // Another one that has it is there: if that one dies too, it will be its turn.
  if (audience.some((session) => session.open)) return;
  const account = audience[0]!.account;
  const late = host.sessions.available(account)
    .filter(({ priority, full }) => priority >= 0 && !full);
  const message = readStored(written);
  if (message === undefined) return;
  const again = delayed(message, host.domain, host.address(account));
  if (late.length > 0) {
    const xml = serialise(again);
    for (const session of late) session.sendXml(xml, again);
    host.hooks.delivered.run(again, xml, late);
    return;
  }
  try {
    host.hooks.keepMessage?.(account, again, Jid.parse(message.attrs.from!).bare());
  } catch (error) {
    // A full store: its sender was told of none, and nobody is there to be told now.
    if (!(error instanceof StanzaError || isDatabaseTrouble(error))) throw error;
  }
}
