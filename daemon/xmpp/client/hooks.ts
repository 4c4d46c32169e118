import { Emitter, logOf } from "../../base/mod.ts";
import { type Element, errorReply, iqResult, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

/** `true`: handled, later hooks need not see it. */
export type StanzaHook = (stanza: Element) => boolean | void;
/** The payload of the result, `undefined` for an empty one. @throws StanzaError to refuse */
export type IqHook = (iq: Element) => Promise<Element | undefined> | Element | undefined;
/** `signal` aborts when the session is over for good; a cut that is mended does not end it. */
export type OnlineHook = (client: XmppClient, signal: AbortSignal) => Promise<void> | void;

/** `signal` aborts when this connection ends, whether it is resumed later or not. */
export type ConnectedHook = (client: XmppClient, signal: AbortSignal) => void;
/** Stanzas, oldest first, of which the server did not say that it has them. */
export type UnacknowledgedHook = (stanzas: readonly Element[]) => void;

/** Answers to requests that are being worked out at one time. */
const MAX_ANSWERING = 64;

/**
 * Where extensions register. Every stanza that comes has a valid `from`: that of our own account
 * when the server left it out (RFC 6120 section 8.1.2.1). Each registration gives a function that
 * undoes it.
 */
export class Hooks {
  #message = new Set<StanzaHook>();
  #presence = new Set<StanzaHook>();
  #outgoingPresence = new Set<(presence: Element) => void>();
  #iq = new Map<string, IqHook>();
  #online = new Set<OnlineHook>();
  #connected = new Set<ConnectedHook>();
  #unacknowledged = new Set<UnacknowledgedHook>();
  #features = new Map<string, number>();
  #answering = 0;

  /** Emitted when {@link features} became others. */
  readonly featuresChanged: Emitter<void> = new Emitter();

  message(hook: StanzaHook): () => void {
    return add(this.#message, hook);
  }

  presence(hook: StanzaHook): () => void {
    return add(this.#presence, hook);
  }

  /** May add to every available presence we broadcast. */
  outgoingPresence(hook: (presence: Element) => void): () => void {
    return add(this.#outgoingPresence, hook);
  }

  /** Answers iqs with this payload. @throws Error when somebody does already */
  iq(type: "get" | "set", name: string, ns: string, hook: IqHook): () => void {
    const key = `${type} ${name} ${ns}`;
    if (this.#iq.has(key)) throw new Error(`iq ${key} is answered already`);
    this.#iq.set(key, hook);
    return () => this.#iq.delete(key);
  }

  /**
   * Runs at the begin of each session before the state is `online`, one after another; not when a
   * session is resumed.
   */
  online(hook: OnlineHook): () => void {
    return add(this.#online, hook);
  }

  /** Runs at each connection, resumed sessions among them. */
  connected(hook: ConnectedHook): () => void {
    return add(this.#connected, hook);
  }

  /**
   * Told what was sent and not acknowledged when a session ends for good (XEP-0198). It may have
   * come or not; nobody sends it again but who sent it. Iqs among it have been rejected too, and
   * `confirm()` has.
   */
  unacknowledged(hook: UnacknowledgedHook): () => void {
    return add(this.#unacknowledged, hook);
  }

  /** Announces a feature to those who ask (XEP-0030). */
  feature(ns: string): () => void {
    const change = (by: number) => {
      const count = (this.#features.get(ns) ?? 0) + by;
      if (count > 0) this.#features.set(ns, count);
      else this.#features.delete(ns);
      if (count === 0 || (count === 1 && by === 1)) this.featuresChanged.emit();
    };
    change(1);
    let undone = false;
    return () => {
      if (!undone) change(-1);
      undone = true;
    };
  }

  /** Announced features, sorted. */
  get features(): string[] {
    return [...this.#features.keys()].sort();
  }

  /** Lets the outgoing-presence hooks add to `presence`. */
  dressPresence(presence: Element): void {
    for (const hook of this.#outgoingPresence) hook(presence);
  }

  /** Called by the client for messages and presences. */
  dispatch(stanza: Element): void {
    const hooks = stanza.getName() === "message" ? this.#message : this.#presence;
    for (const hook of [...hooks]) {
      try {
        if (hook(stanza) === true) return;
      } catch (error) {
        logOf("xmpp").error("a hook failed on a {name}: {error}", { name: stanza.name, error });
      }
    }
  }

  /** Called by the client for requests; gives the answer to send. */
  async answer(iq: Element): Promise<Element> {
    const payload = iq.getChildElements()[0];
    const hook = payload &&
      this.#iq.get(`${iq.attrs.type} ${payload.getName()} ${payload.getNS() ?? ""}`);
    if (hook === undefined) return errorReply(iq, "cancel", "service-unavailable");
    if (this.#answering >= MAX_ANSWERING) return errorReply(iq, "wait", "resource-constraint");
    this.#answering++;
    try {
      return iqResult(iq, await hook(iq));
    } catch (error) {
      if (error instanceof StanzaError) {
        const reply = iqResult(iq, error.toElement());
        reply.attrs.type = "error";
        return reply;
      }
      logOf("xmpp").error("answering an iq failed: {error}", { error });
      return errorReply(iq, "cancel", "internal-server-error");
    } finally {
      this.#answering--;
    }
  }

  /** Called by the client for each connection. */
  runConnected(client: XmppClient, signal: AbortSignal): void {
    for (const hook of [...this.#connected]) hook(client, signal);
  }

  /** Called by the client when a session ended for good. */
  giveBack(stanzas: readonly Element[]): void {
    logOf("xmpp").info("{count} stanzas were not acknowledged", { count: stanzas.length });
    for (const hook of [...this.#unacknowledged]) {
      try {
        hook(stanzas);
      } catch (error) {
        logOf("xmpp").error("a hook failed on what came back: {error}", { error });
      }
    }
  }

  /** Called by the client after binding. */
  async runOnline(client: XmppClient, signal: AbortSignal): Promise<void> {
    for (const hook of [...this.#online]) {
      if (signal.aborted) return;
      try {
        await hook(client, signal);
      } catch (error) {
        if (signal.aborted) return;
        logOf("xmpp").warn("an extension could not start: {error}", { error });
      }
    }
  }
}

function add<T>(set: Set<T>, hook: T): () => void {
  set.add(hook);
  return () => set.delete(hook);
}
