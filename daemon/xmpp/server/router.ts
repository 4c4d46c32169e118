import {
  el,
  type Element,
  iqResult,
  Jid,
  NS,
  serialise,
  StanzaError,
  StreamError,
} from "../core/mod.ts";
import type { IqHandler, Scope } from "./hooks.ts";
import type { Host } from "./host.ts";
import { reachable, sendPresence } from "./presence/presence_fanout.ts";
import { openItems } from "./pubsub/open_items.ts";
import { refusal } from "./refusal.ts";
import type { Session } from "./session.ts";
import { isSeenBy } from "./presence/subscription_state.ts";

/** A blocked sender's own error carries this too (XEP-0191 section 3.5). */
const BLOCKED = "urn:xmpp:blocking:errors";

/** Takes stanzas of clients to where they go (RFC 6120 section 10, RFC 6121 section 8). */
export class Router {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * Routes one stanza of `session`; a promise while its answer is being worked out.
   * @throws StreamError `invalid-from`, `unsupported-stanza-type`
   */
  route(session: Session, stanza: Element): Promise<void> | void {
    const kind = stanza.getName();
    if (stanza.getNS() !== NS.client || !["message", "presence", "iq"].includes(kind)) {
      throw new StreamError("unsupported-stanza-type", "expected message, presence or iq");
    }
    const claimed = stanza.attrs.from;
    if (claimed !== undefined) {
      const from = Jid.tryParse(claimed);
      if (from === undefined || !(from.equals(session.jid) || from.equals(session.jid.bare()))) {
        throw new StreamError("invalid-from", `this stream belongs to ${session.jid}`);
      }
    }
    stanza.attrs.from = session.jid.toString();
    try {
      return this.#dispatch(session, stanza, kind);
    } catch (error) {
      this.#fail(session, stanza, error);
    }
  }

  #dispatch(session: Session, stanza: Element, kind: string): Promise<void> | void {
    const { hooks, domain } = this.#host;
    let to: Jid | undefined;
    if (stanza.attrs.to !== undefined) {
      to = Jid.tryParse(stanza.attrs.to);
      if (to === undefined) {
        delete stanza.attrs.to;
        throw new StanzaError("modify", "jid-malformed");
      }
      stanza.attrs.to = to.toString();
      if (to.domain !== domain.domain) return this.#toService(session, stanza, kind, to);
    }
    this.#checkPassage(session, stanza, to);
    const target = to ?? session.jid.bare();
    if (kind === "iq") return this.#iq(session, stanza, to);
    if (kind === "message") hooks.message?.(session.jid, stanza, target);
    else hooks.presence?.(session, stanza, target);
  }

  #toService(session: Session, stanza: Element, kind: string, to: Jid): void {
    const service = this.#host.services.get(to.domain);
    if (service === undefined) {
      throw new StanzaError("cancel", "remote-server-not-found", "This server is not federated.");
    }
    this.#checkPassage(session, stanza, to);
    if (kind === "presence") return this.#host.hooks.presence?.(session, stanza, to);
    service.receive(stanza, session.jid, to, session);
  }

  /**
   * Takes a stanza of a service to an account here or to another service; what goes wrong is
   * answered to the service.
   */
  deliver(stanza: Element): void {
    const from = Jid.parse(stanza.attrs.from ?? "");
    try {
      this.#deliver(stanza, from);
    } catch (error) {
      const { type } = stanza.attrs;
      if (type === "error" || type === "result") return;
      const reply = refusal(stanza, error);
      this.#host.services.get(from.domain)?.receive(reply, this.#host.domain, from, undefined);
    }
  }

  #deliver(stanza: Element, from: Jid): void {
    const { domain, hooks, services, sessions } = this.#host;
    const to = Jid.parse(stanza.attrs.to ?? "");
    if (to.domain !== domain.domain) {
      const service = services.get(to.domain);
      if (service === undefined) throw new StanzaError("cancel", "remote-server-not-found");
      return service.receive(stanza, from, to, undefined);
    }
    const kind = stanza.getName();
    const unavailable = kind === "presence" && stanza.attrs.type === "unavailable";
    if (!unavailable && to.local !== "" && hooks.passage(from, to) !== "open") {
      throw new StanzaError("cancel", "service-unavailable");
    }
    if (kind === "message") return hooks.message?.(from, stanza, to);
    const { type } = stanza.attrs;
    if (kind === "iq" && to.local !== "" && to.resource === "" && type !== "result") {
      if (type === "error") return;
      const asker = services.get(from.domain);
      const payer = { charge: (bytes: number) => asker?.charge?.(bytes) };
      const answer = iqResult(stanza, openItems(this.#host, payer, stanza, to.local));
      return asker?.receive(answer, to, from, undefined);
    }
    const session = sessions.get(to);
    if (kind === "presence" && to.resource === "") {
      return sendPresence(stanza, reachable(this.#host, from, sessions.available(to.local)));
    }
    if (session === undefined) throw new StanzaError("cancel", "service-unavailable");
    if (kind === "presence") session.relay(stanza);
    else session.send(stanza);
  }

  #checkPassage(session: Session, stanza: Element, to: Jid | undefined): void {
    if (to === undefined || to.local === "" || to.local === session.account) return;
    const passage = this.#host.hooks.passage(session.jid, to);
    if (passage === "open") return;
    if (passage === "blocked-by-recipient") {
      // To the blocked one it looks like an account that is not there.
      throw new StanzaError("cancel", "service-unavailable");
    }
    if (stanza.attrs.type === "unavailable") return;
    throw new BlockedError();
  }

  #iq(session: Session, iq: Element, to: Jid | undefined): Promise<void> | void {
    const { type, id } = iq.attrs;
    const payloads = iq.getChildElements();
    if (id === undefined || id === "") throw new StanzaError("modify", "bad-request", "no id");
    if (type === "result" || type === "error") {
      if (to === undefined || to.resource === "") session.answered(iq);
      else this.#host.sessions.get(to)?.relay(iq);
      return;
    }
    if (type !== "get" && type !== "set") {
      throw new StanzaError("modify", "bad-request", "an iq is get, set, result or error");
    }
    const payload = payloads[0];
    if (payload === undefined || payloads.length > 1) {
      throw new StanzaError("modify", "bad-request", "a request has one child");
    }
    if (to !== undefined && to.resource !== "") {
      const target = to.local === "" ? undefined : this.#host.sessions.get(to);
      if (target === undefined) throw new StanzaError("cancel", "service-unavailable");
      if (target.full) {
        throw new StanzaError("wait", "resource-constraint", "it reads too slowly just now");
      }
      target.send(iq);
      return;
    }
    const account = to === undefined ? session.account : to.local;
    const scope: Scope = account === "" ? "server" : "account";
    const handler = this.#host.hooks.iqHandler(scope, payload);
    if (handler === undefined || (scope === "account" && !this.#exists(session, account))) {
      throw new StanzaError("cancel", "service-unavailable");
    }
    try {
      return this.#answer(handler, session, iq, { type, payload, account });
    } catch (error) {
      throw this.#veiled(error, session, account);
    }
  }

  /** A stranger's request fails in one way only, whether or not there is such an account. */
  #veiled(error: unknown, session: Session, account: string): unknown {
    if (account === "" || account === session.account || !(error instanceof StanzaError)) {
      return error;
    }
    const asker = session.jid.bare().toString();
    if (isSeenBy(this.#host.storage.rosters.get(account, asker))) return error;
    return new StanzaError("cancel", "service-unavailable");
  }

  #exists(session: Session, account: string): boolean {
    return account === session.account || this.#host.storage.accounts.exists(account);
  }

  #answer(
    handler: IqHandler,
    session: Session,
    iq: Element,
    parts: { type: "get" | "set"; payload: Element; account: string },
  ): Promise<void> | void {
    const send = (child: Element | undefined) => {
      // An answer says that all before it is done (RFC 6120 section 10.1).
      this.#host.storage.settle();
      const xml = serialise(iqResult(iq, child));
      session.sendXml(xml);
      // Asking for much costs as much as sending it.
      session.charge(xml.length);
    };
    const answer = handler({ session, iq, ...parts });
    if (!(answer instanceof Promise)) return send(answer);
    const fail = (error: unknown) =>
      this.#fail(session, iq, this.#veiled(error, session, parts.account));
    return answer.then(send).catch(fail);
  }

  /** Answers with an error, where an answer is due. @throws the error when it concerns the stream */
  #fail(session: Session, stanza: Element, error: unknown): void {
    if (error instanceof StreamError) throw error;
    const reply = refusal(stanza, error);
    const { type } = stanza.attrs;
    if (type === "error" || (stanza.getName() === "iq" && type === "result")) return;
    // To a presence that does not ask for anything, silence is the answer (RFC 6121 section 8.5).
    const unavailable = error instanceof StanzaError && error.condition === "service-unavailable";
    if (unavailable && stanza.getName() === "presence") return;
    session.send(reply);
  }
}

/** The answer to somebody who writes to whom they block themselves. */
class BlockedError extends StanzaError {
  constructor() {
    super("cancel", "not-acceptable", "You block this address.", "blocked");
  }
  override toElement(): Element {
    const element = super.toElement();
    element.append(el("blocked", { xmlns: BLOCKED }));
    return element;
  }
}
