import { Emitter, logOf } from "../../base/mod.ts";
import { el, type Element, Jid, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import { readForwarded } from "./forwarded.ts";

/**
 * Copies of what other resources of the account send and get (XEP-0280), where the server has them.
 * What others got is given to the message hooks as if it had come here.
 */
export class Carbons {
  /** A message another resource of ours sent; `to` says to whom. */
  readonly sent = new Emitter<Element>();

  /** Registers with `client`: carbons are asked for at every login. */
  constructor(client: XmppClient) {
    client.hooks.feature(NS.carbons);
    client.hooks.online(async () => {
      try {
        await client.iq(el("iq", { type: "set" }, el("enable", { xmlns: NS.carbons })));
      } catch (error) {
        if (!(error instanceof StanzaError)) throw error;
        logOf("xmpp").debug("the server gives no carbons: {error}", { error });
      }
    });
    client.hooks.message((stanza) => this.#take(client, stanza));
  }

  #take(client: XmppClient, stanza: Element): boolean {
    const sent = stanza.getChild("sent", NS.carbons);
    const carbon = sent ?? stanza.getChild("received", NS.carbons);
    if (carbon === undefined) return false;
    // Anybody can write such an element; only our server's are true (section 11).
    const account = client.jid.bare();
    if (!Jid.tryParse(stanza.attrs.from)?.equals(account)) {
      logOf("xmpp").warn("dropped a carbon that is not our server's");
      return true;
    }
    const inner = readForwarded(carbon, account)?.message;
    if (inner === undefined) return true;
    const ours = Jid.parse(inner.attrs.from!).bareEquals(account);
    if (ours !== (sent !== undefined) || isCarbon(inner)) return true;
    if (sent !== undefined) this.sent.emit(inner);
    else client.hooks.dispatch(inner);
    return true;
  }
}

function isCarbon(message: Element): boolean {
  return message.getChild("sent", NS.carbons) !== undefined ||
    message.getChild("received", NS.carbons) !== undefined;
}
