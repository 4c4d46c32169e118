import { logOf } from "../../base/mod.ts";
import { type Element, Jid, NS, StanzaError, type StreamError } from "../core/mod.ts";
import type { Established } from "./establish.ts";
import type { Hooks } from "./hooks.ts";
import type { Session } from "./session.ts";
import type { XmppStream } from "./stream.ts";

/** What comes over a connection, on its way to the hooks and to who waits for it. */
export class Inbound {
  readonly #account: Jid;
  readonly #hooks: Hooks;

  constructor(account: Jid, hooks: Hooks) {
    this.#account = account;
    this.#hooks = hooks;
  }

  /** Takes all that comes until the stream ends. @throws SimppdError, StreamError why it did */
  async pump(
    stream: XmppStream,
    session: Session,
    { before, early }: Pick<Established, "before" | "early">,
  ): Promise<never> {
    for (const element of before) {
      if (element.getNS() === NS.client) this.#receive(element, session);
    }
    for (const element of early) this.#take(element, stream, session);
    for (;;) this.#take(await stream.receive(), stream, session);
  }

  #take(element: Element, stream: XmppStream, session: Session): void {
    const stanza = session.take(element);
    const why = stream.whyPassedOver(element);
    this.#receive(stanza && why ? this.#remains(stanza, why) : stanza, session);
  }

  /**
   * What a stanza that was passed over comes to. It counted as handled, or the server would send it
   * again for ever; whoever waits for an answer of that size is told that there is none.
   */
  #remains(stanza: Element, why: StreamError): Element | undefined {
    const { type, from } = stanza.attrs;
    logOf("xmpp").warn("a stanza of {from} is passed over: {why}", {
      from: from ?? this.#account.toString(),
      why: why.text,
    });
    if (stanza.getName() !== "iq") return undefined;
    if (type !== "result" && type !== "error") return stanza;
    stanza.attrs.type = "error";
    stanza.append(new StanzaError("cancel", "policy-violation", why.text).toElement());
    return stanza;
  }

  #receive(stanza: Element | undefined, session: Session): void {
    if (stanza === undefined) return;
    stanza.attrs.from ??= this.#account.toString();
    const { from, to } = stanza.attrs;
    const misled = to !== undefined && !Jid.tryParse(to)?.bareEquals(this.#account);
    if (misled || Jid.tryParse(from) === undefined) {
      logOf("xmpp").warn("dropped a stanza that is not for us or from nobody");
      return;
    }
    if (stanza.getName() !== "iq") return this.#hooks.dispatch(stanza);
    const { type } = stanza.attrs;
    if (type === "result" || type === "error") session.settle(stanza);
    else void this.#answer(stanza, session);
  }

  async #answer(iq: Element, session: Session): Promise<void> {
    const answer = await this.#hooks.answer(iq);
    // The request came in this session; in a later one the answer would mean nothing.
    if (session.signal.aborted) return;
    // The server knows our address better than the `to` of the request.
    delete answer.attrs.from;
    try {
      session.send(answer);
    } catch (error) {
      logOf("xmpp").debug("an answer was not sent: {error}", { error });
    }
  }
}
