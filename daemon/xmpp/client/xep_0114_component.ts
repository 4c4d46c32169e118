import { Backoff, Emitter, logOf, publicError, SimppdError, sleep } from "../../base/mod.ts";
import { type Element, inNamespace, Jid, newId, NS } from "../core/mod.ts";
import type { ClientEvent } from "./options.ts";
import { ComponentConnection, type ComponentSettings } from "./component_connection.ts";
import { Hooks } from "./hooks.ts";
import { Requests } from "./requests.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
const IQ_TIMEOUT_MS = 20_000;
/** A connection that held this long was a good one: waiting begins small again. */
const STABLE_MS = 10_000;

/**
 * An external component (XEP-0114): speaks for a whole domain below a server, which vouches for
 * who writes to it. Kept up until `close()`.
 */
export class Component {
  readonly events: Emitter<ClientEvent> = new Emitter();
  /** Stanzas to any address of the domain; those with an invalid `from` or `to` never come. */
  readonly hooks: Hooks = new Hooks();
  readonly domain: Jid;
  readonly #settings: ComponentSettings;
  readonly #requests = new Requests();
  readonly #backoff = new Backoff();
  #stream: ComponentConnection | undefined;
  #running: { stop: AbortController; done: Promise<void> } | undefined;
  #waiters: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  /** @throws SimppdError `bad-jid`, `component-in-clear` */
  constructor(settings: ComponentSettings) {
    this.domain = Jid.parse(settings.domain);
    if (!LOOPBACK.test(settings.host) && settings.allowClear !== true) {
      throw new SimppdError(
        "component-in-clear",
        `A component speaks in clear, and ${settings.host} is not this machine. Run it beside the ` +
          "server, or through a tunnel that ends on this machine.",
      );
    }
    this.#settings = settings;
  }

  get online(): boolean {
    return this.#stream !== undefined;
  }

  /**
   * Resolves when the server has accepted the secret; from then on the connection is tried again
   * for as long as it takes.
   * @throws SimppdError why the first attempt failed: `component-refused`, `connection-failed`
   */
  connect(): Promise<void> {
    if (this.#stream !== undefined) return Promise.resolve();
    const online = new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    if (this.#running === undefined) {
      const stop = new AbortController();
      this.#backoff.reset();
      this.#running = { stop, done: this.#run(stop.signal) };
    }
    return online;
  }

  async close(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.stop.abort();
    await running.done;
    this.#settle(new SimppdError("closed", "The connection was closed on our side."));
  }

  /** Sends a stanza; `from` must be an address of the domain. @throws SimppdError `not-online` */
  send(stanza: Element): void {
    if (Jid.tryParse(stanza.attrs.from)?.domain !== this.domain.domain) {
      throw new SimppdError("bad-jid", `A component sends from addresses of ${this.domain} only.`);
    }
    if (this.#stream === undefined) throw notOnline();
    this.#stream.send(stanza);
  }

  /**
   * Sends an iq of type get or set and waits for its result. The id is set here.
   * @throws StanzaError the answer of type error; SimppdError `timeout`, `not-online`
   */
  async iq(iq: Element, { timeoutMs = IQ_TIMEOUT_MS } = {}): Promise<Element> {
    const id = newId();
    iq.attrs.id = id;
    iq.attrs.from ??= this.domain.toString();
    const answer = this.#requests.wait(id, Jid.parse(iq.attrs.to ?? ""), timeoutMs);
    try {
      this.send(iq);
    } catch (error) {
      this.#requests.forget(id);
      throw error;
    }
    return await answer;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#emit("connecting");
      const began = performance.now();
      try {
        await this.#session(signal);
      } catch (error) {
        if (signal.aborted) break;
        logOf("xmpp").info("component {domain}: {error}", { domain: this.domain, error });
        this.events.emit({ state: "offline", problem: publicError(error), resumed: false });
        const refused = error instanceof SimppdError && error.code === "component-refused";
        if (refused && this.#waiters.length > 0) {
          this.#running = undefined;
          return this.#settle(error);
        }
        this.#settle(error);
      }
      if (performance.now() - began > STABLE_MS) this.#backoff.reset();
      await sleep(this.#backoff.next(), signal);
    }
    this.#running = undefined;
    this.#emit("offline");
  }

  async #session(signal: AbortSignal): Promise<void> {
    const stream = await ComponentConnection.open(this.#settings, signal);
    const abort = () => stream.close();
    signal.addEventListener("abort", abort, { once: true });
    this.#stream = stream;
    try {
      signal.throwIfAborted();
      this.#emit("online");
      this.#settle(undefined);
      for (;;) this.#receive(await stream.receive());
    } finally {
      signal.removeEventListener("abort", abort);
      this.#stream = undefined;
      this.#requests.rejectAll(notOnline());
      stream.close();
    }
  }

  #receive(received: Element): void {
    if (received.getNS() !== NS.component) return;
    const stanza = inNamespace(received, NS.client);
    const to = Jid.tryParse(stanza.attrs.to);
    if (Jid.tryParse(stanza.attrs.from) === undefined || to?.domain !== this.domain.domain) return;
    if (stanza.getName() !== "iq") return this.hooks.dispatch(stanza);
    const { type } = stanza.attrs;
    if (type === "result" || type === "error") this.#requests.settle(stanza, this.domain);
    else void this.#answer(stanza);
  }

  async #answer(iq: Element): Promise<void> {
    const stream = this.#stream;
    const answer = await this.hooks.answer(iq);
    if (stream === undefined || stream !== this.#stream) return;
    try {
      stream.send(answer);
    } catch (error) {
      logOf("xmpp").debug("an answer was not sent: {error}", { error });
    }
  }

  #settle(error: unknown): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { resolve, reject } of waiters) error === undefined ? resolve() : reject(error);
  }

  #emit(state: ClientEvent["state"]): void {
    this.events.emit({ state, problem: null, resumed: false });
  }
}

function notOnline(): SimppdError {
  return new SimppdError("not-online", "There is no connection to the server at the moment.");
}
