import { logOf, SimppdError } from "../../base/mod.ts";
import {
  el,
  type Element,
  Jid,
  newId,
  NS,
  serialise,
  StanzaError,
  StreamError,
} from "../core/mod.ts";
import { Requests } from "./requests.ts";
import type { XmppStream } from "./stream.ts";
import type { StreamManagement } from "./xep_0198_sm.ts";

/** The server has this long to say what it has, before the connection counts as dead. */
const ACKNOWLEDGE_MS = 15_000;

/**
 * What the server knows under one full address: one connection, or several one after another when
 * the stream is resumed (XEP-0198).
 */
export class Session {
  readonly #account: Jid;
  readonly #requests = new Requests();
  readonly #ended = new AbortController();
  #stream: XmppStream | undefined;
  /** `performance.now()` when the connection was cut. */
  #cutAt = 0;
  #late: ReturnType<typeof setTimeout> | undefined;
  /** What runs before the session is online; it goes on over a cut. */
  starting: Promise<void> | undefined;

  constructor(
    readonly jid: Jid,
    readonly management: StreamManagement | undefined,
  ) {
    this.#account = jid.bare();
  }

  /** Aborts when the session is over for good. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** The present connection. */
  get stream(): XmppStream | undefined {
    return this.#stream;
  }

  /** Goes on over this connection: what the server has not got is sent again, in order. */
  attach(stream: XmppStream): void {
    this.#stream = stream;
    for (const stanza of this.management?.unacknowledged ?? []) stream.send(stanza);
    this.#ask();
  }

  /** The connection ended. @returns whether the session may be resumed over another one */
  detach(): boolean {
    clearTimeout(this.#late);
    this.#late = this.#stream = undefined;
    this.#cutAt = performance.now();
    this.management?.cut();
    return this.management?.resumable ?? false;
  }

  /** Can it be resumed no more: has the server given it up by now? */
  get expired(): boolean {
    if (!this.management?.resumable) return true;
    return performance.now() - this.#cutAt > this.management.resumeMs;
  }

  /** The session is over. @returns what the server did not confirm */
  end(): Element[] {
    clearTimeout(this.#late);
    this.#stream = undefined;
    this.#ended.abort();
    this.#requests.rejectAll(notOnline());
    return this.management?.end(notConfirmed()) ?? [];
  }

  /**
   * Sends a stanza; during a cut it waits for the resumption.
   * @throws SimppdError `not-online`, `bad-xml`, `send-queue-full`
   */
  send(stanza: Element): void {
    const { management } = this;
    management?.checkRoom();
    const size = serialise(stanza).length;
    if (this.#stream === undefined && management === undefined) throw notOnline();
    try {
      this.#stream?.send(stanza);
    } catch (error) {
      // A connection that just broke: the stanza is sent over the next one.
      const lost = error instanceof SimppdError && error.code === "connection-lost";
      if (!lost || !management?.resumable) throw error;
    }
    management?.sent(stanza, size);
    if (management?.shouldAsk) this.#ask();
  }

  /** Sends an iq and waits for its result. @throws StanzaError; SimppdError */
  async iq(iq: Element, timeoutMs: number): Promise<Element> {
    const id = newId();
    iq.attrs.id = id;
    const to = iq.attrs.to === undefined ? undefined : Jid.parse(iq.attrs.to);
    const answer = this.#requests.wait(id, to, timeoutMs);
    try {
      this.send(iq);
    } catch (error) {
      this.#requests.forget(id);
      throw error;
    }
    return await answer;
  }

  /**
   * Resolves when the server has all that was sent up to now: by its acknowledgement, through a cut
   * as well; without stream management by a ping, since a server answers in order.
   * @throws SimppdError `not-confirmed`
   */
  async confirm(timeoutMs: number): Promise<void> {
    if (this.management !== undefined) {
      this.#ask();
      return await this.management.confirmed();
    }
    const ping = el("iq", { type: "get" }, el("ping", { xmlns: NS.ping }));
    await this.iq(ping, timeoutMs).catch((error: unknown) => {
      if (!(error instanceof StanzaError)) throw notConfirmed(error);
    });
  }

  /**
   * Counts what came and does what is stream management's.
   * @returns the stanza, or `undefined` when it was none
   * @throws StreamError when the server breaks the rules of XEP-0198
   */
  take(element: Element): Element | undefined {
    const { management } = this;
    if (element.getNS() === NS.client) {
      const isStanza = ["message", "presence", "iq"].includes(element.getName());
      if (isStanza) management?.handled();
      return isStanza ? element : undefined;
    }
    if (!element.getNS()) {
      // It may be a stanza that the server counts: what is not counted here is never confirmed.
      throw new StreamError("invalid-namespace", `<${element.getName()}> is of no namespace`);
    }
    if (element.getNS() !== NS.streamManagement) return undefined;
    if (management !== undefined && element.is("r")) {
      this.#stream?.send(management.answer());
    } else if (management !== undefined && element.is("a")) {
      clearTimeout(this.#late);
      this.#late = undefined;
      management.acknowledged(element.attrs.h);
      if (management.awaitsAnswer) this.#expectAnswer();
    } else {
      throw new StreamError("unsupported-stanza-type", `<${element.getName()}> out of turn`);
    }
    return undefined;
  }

  /** An answer to one of our requests. @returns whether it was one */
  settle(iq: Element): boolean {
    return this.#requests.settle(iq, this.#account);
  }

  /** Before we end the stream: says what we have, so that nothing of it is sent again. */
  sayHandled(): void {
    if (this.management === undefined || this.#stream === undefined) return;
    try {
      this.#stream.send(this.management.answer());
    } catch {
      // The connection is over already.
    }
  }

  #ask(): void {
    const request = this.#stream === undefined ? undefined : this.management?.ask();
    if (request === undefined) return;
    try {
      this.#stream!.send(request);
      this.#expectAnswer();
    } catch (error) {
      logOf("xmpp").debug("not asked for an acknowledgement: {error}", { error });
    }
  }

  #expectAnswer(): void {
    const stream = this.#stream;
    this.#late ??= setTimeout(() => {
      logOf("xmpp").info("the server confirms nothing; making a new connection");
      stream?.abort();
    }, ACKNOWLEDGE_MS);
  }
}

/** Why nothing can be sent. */
export function notOnline(): SimppdError {
  return new SimppdError("not-online", "There is no connection to the server at the moment.");
}

function notConfirmed(cause?: unknown): SimppdError {
  return new SimppdError(
    "not-confirmed",
    "The connection ended before the server confirmed what was sent.",
    cause,
  );
}
