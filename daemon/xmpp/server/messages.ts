import { logOf } from "../../base/mod.ts";
import { type Element, type Jid, NS, serialise, StanzaError } from "../core/mod.ts";
import { dropForgedDelays } from "./delay.ts";
import type { Extension, Host } from "./host.ts";
import type { Session } from "./session.ts";

const TYPES = new Set(["normal", "chat", "headline", "groupchat", "error"]);

/** Messages (RFC 6121 sections 5 and 8.5): to a resource, to all of an account's, or kept. */
export const messages: Extension = (host) => {
  host.hooks.message = (from, message, to) => {
    // What is no type counts as normal (section 5.2.2).
    const type = TYPES.has(message.attrs.type ?? "") ? message.attrs.type! : "normal";
    if (to.local === "") {
      if (type === "error") return;
      throw new StanzaError("cancel", "service-unavailable");
    }
    const toItself = to.resource === "" && from.bareEquals(to);
    if (toItself && host.hooks.answerToServer(from, message)) return;
    message.attrs.to = to.toString();
    dropForgedDelays(message, host.domain);
    if (from.domain === host.domain.domain) refuseEvents(message, type);
    const stamped = host.hooks.stamp(message, to.local);
    const audience = deliver(host, stamped, to, type, from);
    if (audience === undefined) return;
    whenTaken(() => host.hooks.accepted.run(from, stamped, to, audience));
  };
};

/**
 * What follows once a message was written to somebody, or kept: its sender is not told of a failure,
 * as that the archive is away, for it would send again what has come.
 */
function whenTaken(follow: () => void): void {
  try {
    follow();
  } catch (error) {
    logOf("xmpp-server").error("a message was taken, but not all was done with it: {error}", {
      error,
    });
  }
}

/** @returns the sessions it was written to, none when it is kept; undefined when it is dropped */
function deliver(
  host: Host,
  message: Element,
  to: Jid,
  type: string,
  from: Jid,
): readonly Session[] | undefined {
  const session = to.resource === "" ? undefined : host.sessions.get(to);
  // To one that reads too slowly it goes as if that one were not there.
  if (session !== undefined && !session.full) return write(host, message, [session]);
  if (type === "error") return undefined;
  if (type === "groupchat") throw new StanzaError("cancel", "service-unavailable");
  if (to.resource !== "" && type === "headline") return undefined;
  return toAccount(host, message, to, type, from.bare());
}

/** Events are a pubsub service's to send (XEP-0060 section 7.1.2.1), never an account's. */
function refuseEvents(message: Element, type: string): void {
  if (type !== "error" && message.getChild("event", NS.pubsubEvent) !== undefined) {
    throw new StanzaError("auth", "forbidden", "Only a pubsub service sends events.");
  }
}

function write(host: Host, message: Element, sessions: Session[]): Session[] {
  const xml = serialise(message);
  for (const session of sessions) session.sendXml(xml, message);
  whenTaken(() => host.hooks.delivered.run(message, xml, sessions));
  return sessions;
}

function toAccount(
  host: Host,
  message: Element,
  to: Jid,
  type: string,
  sender: Jid,
): Session[] | undefined {
  const targets = host.sessions.available(to.local)
    .filter(({ priority, full }) => priority >= 0 && !full);
  if (targets.length > 0) return write(host, message, targets);
  if (!host.storage.accounts.exists(to.local)) {
    throw new StanzaError("cancel", "service-unavailable");
  }
  if (type === "headline") return undefined;
  host.hooks.keepMessage?.(to.local, message, sender);
  return [];
}
