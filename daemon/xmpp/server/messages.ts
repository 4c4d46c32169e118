import { type Element, type Jid, NS, StanzaError } from "../core/mod.ts";
import { dropForgedDelays } from "./delay.ts";
import type { Extension, Host } from "./host.ts";

const TYPES = new Set(["normal", "chat", "headline", "groupchat", "error"]);

/** Messages (RFC 6121 sections 5 and 8.5): to a resource, to all of an account's, or kept. */
export const messages: Extension = (host) => {
  host.hooks.message = (session, message, to) => {
    // What is no type counts as normal (section 5.2.2).
    const type = TYPES.has(message.attrs.type ?? "") ? message.attrs.type! : "normal";
    if (to.local === "") {
      if (type === "error") return;
      throw new StanzaError("cancel", "service-unavailable");
    }
    message.attrs.to = to.toString();
    dropForgedDelays(message, host.domain);
    if (to.resource !== "" && toResource(host, message, to)) return;
    if (type === "error") return;
    if (type === "groupchat") throw new StanzaError("cancel", "service-unavailable");
    if (to.resource !== "" && type === "headline") return;
    toAccount(host, message, to, type, session.jid.bare());
  };
};

function toResource(host: Host, message: Element, to: Jid): boolean {
  const session = host.sessions.get(to);
  session?.send(message);
  return session !== undefined;
}

function toAccount(host: Host, message: Element, to: Jid, type: string, sender: Jid): void {
  const targets = host.sessions.available(to.local).filter(({ priority }) => priority >= 0);
  for (const session of targets) session.send(message);
  if (targets.length > 0) return;
  if (!host.storage.accounts.exists(to.local)) {
    throw new StanzaError("cancel", "service-unavailable");
  }
  if (type === "headline") return;
  message.attrs.to = to.bare().toString();
  message.attrs.xmlns = NS.client;
  host.hooks.keepMessage?.(to.local, message, sender);
}
