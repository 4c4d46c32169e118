import { el, type Element, type Jid, NS, StanzaError } from "../core/mod.ts";
import type { Extension, Host } from "./host.ts";
import type { Session } from "./session.ts";

/** Copies of what an account's other resources send and get (XEP-0280). */
export const carbons: Extension = (host) => {
  const { hooks } = host;
  hooks.feature("server", NS.carbons);
  hooks.feature("account", NS.carbons);
  for (const scope of ["server", "account"] as const) {
    for (const name of ["enable", "disable"] as const) {
      hooks.iq(scope, name, NS.carbons, ({ session, type, account }) => {
        if (account !== "" && account !== session.account) {
          throw new StanzaError("auth", "forbidden");
        }
        if (type !== "set") throw new StanzaError("modify", "bad-request");
        session.wantsCarbons = name === "enable";
        return undefined;
      });
    }
  }
  hooks.bind2(NS.carbons, (session, element) => {
    session.wantsCarbons = element.getName() === "enable";
    return undefined;
  });
  hooks.accepted.on((from, message, to, audience) => {
    if (!isEligible(message)) return;
    const own = from.domain === host.domain.domain && from.local !== "";
    if (own && from.local !== to.local) {
      const others = listeners(host, from.local).filter(({ jid }) => !jid.equals(from));
      copy(host, "sent", message, from.local, others);
    }
    const others = listeners(host, to.local)
      .filter((session) => !audience.includes(session) && !session.jid.equals(from));
    copy(host, "received", message, to.local, others);
  });
};

const listeners = (host: Host, account: string): Session[] =>
  host.sessions.of(account).filter(({ wantsCarbons, full }) => wantsCarbons && !full);

/** Section 6.1; not what the sender keeps private, nor what a room says to one occupant. */
function isEligible(message: Element): boolean {
  const type = message.attrs.type ?? "normal";
  if (message.getChild("private", NS.carbons) !== undefined) return false;
  if (message.getChild("no-copy", NS.hints) !== undefined) return false;
  if (type === "chat") return message.getChild("x", NS.mucUser) === undefined;
  return type !== "groupchat" && type !== "headline" && type !== "error" &&
    message.getChild("body", NS.client) !== undefined;
}

function copy(
  host: Host,
  direction: "sent" | "received",
  message: Element,
  account: string,
  to: readonly Session[],
): void {
  if (to.length === 0) return;
  const from: Jid = host.address(account);
  const inner = el("message", { ...message.attrs, xmlns: NS.client });
  inner.children = message.children;
  for (const session of to) {
    session.send(el(
      "message",
      {
        xmlns: NS.client,
        from: from.toString(),
        to: session.jid.toString(),
        type: message.attrs.type,
      },
      el(direction, { xmlns: NS.carbons }, el("forwarded", { xmlns: NS.forward }, inner)),
    ));
  }
}
