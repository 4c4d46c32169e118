import { Backoff, Emitter, logOf, publicError, SimppdError, sleep } from "../../base/mod.ts";
import { type Element, Jid, newId } from "../core/mod.ts";
import { isPermanent, openSession, type Route } from "./connection.ts";
import type { Endpoint } from "./endpoints.ts";
import { logEstablished } from "./establish.ts";
import { Hooks } from "./hooks.ts";
import { Inbound } from "./inbound.ts";
import type { ClientEvent, ClientState, XmppClientOptions } from "./options.ts";
import type { LoginOutcome } from "./sasl.ts";
import { notOnline, Session } from "./session.ts";
import { preferred } from "./xep_0198_sm.ts";
import { keepAlive } from "./xep_0199_ping.ts";
import { clientState } from "./xep_0352_csi.ts";
import { type FastTokens, tokensInMemory } from "./xep_0484_fast.ts";

const IQ_TIMEOUT_MS = 20_000;
/** A connection that held this long was a good one: waiting begins small again. */
const STABLE_MS = 10_000;

/**
 * One account's connection to its server: encrypted always, kept up until `close()` (RFC 6120).
 * Everything beyond the stream is done by extensions through {@link hooks}.
 */
export class XmppClient {
  readonly events: Emitter<ClientEvent> = new Emitter();
  readonly hooks: Hooks = new Hooks();
  readonly #account: Jid;
  readonly #options: XmppClientOptions;
  readonly #resource: string;
  readonly #backoff = new Backoff();
  readonly #tokens: FastTokens;
  readonly #clientId: string;
  readonly #inbound: Inbound;
  readonly #clientState = clientState(this);
  #state: ClientState = "offline";
  #session: Session | undefined;
  #features: Element | undefined;
  /** Where we were connected last. */
  #endpoint: Endpoint | undefined;
  #login: LoginOutcome | undefined;
  /** The certificate was right at least once: one that is wrong now may pass, as on foreign Wi-Fi. */
  #wasOnline = false;
  #running: { stop: AbortController; done: Promise<void> } | undefined;
  /** Set while waiting to try again. */
  #pause: AbortController | undefined;
  #waiters: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  /** @throws SimppdError `bad-jid` */
  constructor(options: XmppClientOptions) {
    this.#options = options;
    this.#account = Jid.parse(options.jid).bare();
    if (this.#account.local === "") {
      throw new SimppdError("bad-jid", `${options.jid} is a server; expected name@domain.`);
    }
    this.#resource = options.resource ?? newId().slice(0, 8);
    this.#inbound = new Inbound(this.#account, this.hooks);
    this.#tokens = options.tokens ?? tokensInMemory();
    this.#clientId = options.clientId ?? crypto.randomUUID();
    keepAlive(this, (options.pingSeconds ?? 60) * 1000);
  }

  get state(): ClientState {
    return this.#state;
  }

  /** Our address: full while there is a session, over short cuts too, else that of the account. */
  get jid(): Jid {
    return this.#session?.jid ?? this.#account;
  }

  /** What the server offers over the present connection; undefined while there is none. */
  get features(): Element | undefined {
    return this.#features;
  }

  /** How the login of the present connection went; undefined while there is none. */
  get login(): LoginOutcome | undefined {
    return this.#login;
  }

  /** `performance.now()` when bytes last came over the present connection. */
  get heard(): number {
    return this.#session?.stream?.heard ?? 0;
  }

  /**
   * Resolves when online. From then on, and also after a first failure that may pass, the connection
   * is tried again for as long as it takes. Called while it waits to try again, it tries at once.
   * @throws SimppdError why the first round of endpoints failed: `bad-password`,
   * `untrusted-certificate`, `starttls-missing`, `connection-failed`, …
   */
  connect(): Promise<void> {
    if (this.#state === "online") return Promise.resolve();
    const online = new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    this.#pause?.abort();
    if (this.#running === undefined) {
      const stop = new AbortController();
      this.#backoff.reset();
      this.#running = { stop, done: this.#run(stop.signal) };
    }
    return online;
  }

  /**
   * Ends the stream and stays offline; nothing is left running when this resolves. A token that was
   * kept in memory is forgotten.
   */
  async close(): Promise<void> {
    if (this.#options.tokens === undefined) this.#tokens.save(undefined);
    const running = this.#running;
    if (running === undefined) return;
    running.stop.abort();
    await running.done;
    this.#settle(new SimppdError("closed", "The connection was closed on our side."));
  }

  /** Gives this connection up and makes a new one, as when it is found dead. */
  reconnect(): void {
    this.#session?.stream?.abort();
  }

  /**
   * Somebody is looking, or nobody is: then the server may hold back what can wait (XEP-0352). Kept
   * over connections; does nothing where the server does not offer it.
   */
  setActive(active: boolean): void {
    this.#clientState.set(active);
  }

  /**
   * Sends a stanza. While a connection that was cut is made anew it waits; it is sent once, or given
   * to the hook `unacknowledged` when the server has lost the session.
   * @throws SimppdError `not-online`, `bad-xml`, `send-queue-full`
   */
  send(stanza: Element): void {
    this.#need().send(stanza);
  }

  /**
   * Sends what is no stanza over the present connection, if there is one; it is not sent again.
   * @throws SimppdError `bad-xml`, `send-queue-full`
   */
  sendNonza(element: Element): void {
    this.#session?.stream?.send(element);
  }

  /**
   * Sends an iq of type get or set and waits for its result. The id is set here.
   * @throws StanzaError the answer of type error; SimppdError `timeout`, `not-online`
   */
  async iq(
    iq: Element,
    { timeoutMs = IQ_TIMEOUT_MS, to }: { timeoutMs?: number; to?: Jid | string } = {},
  ): Promise<Element> {
    if (to !== undefined) iq.attrs.to = to.toString();
    return await this.#need().iq(iq, timeoutMs);
  }

  /**
   * Resolves when the server has all that was sent up to now, also when it was cut off in between.
   * @throws SimppdError `not-online`; `not-confirmed`: the server may have it or not
   */
  async confirm({ timeoutMs = IQ_TIMEOUT_MS }: { timeoutMs?: number } = {}): Promise<void> {
    await this.#need().confirm(timeoutMs);
  }

  #need(): Session {
    if (this.#session === undefined) throw notOnline();
    return this.#session;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#enter("connecting", null);
      let cut = false;
      try {
        await this.#connection(signal);
      } catch (error) {
        if (signal.aborted) break;
        logOf("xmpp").info("not connected: {error}", { error });
        const final = isPermanent(error) && !this.#mayPass(error);
        if (final) this.#running = undefined;
        if (final || this.#session?.expired) this.#lose();
        // A session that was online a moment ago is not given up because of a first cut.
        cut = this.#state === "online" && this.#session !== undefined;
        const next = final ? "failed" : cut ? "connecting" : "offline";
        this.#enter(next, cut ? null : publicError(error));
        if (!cut) this.#settle(error);
        if (final) return;
      }
      this.#pause = new AbortController();
      await sleep(this.#backoff.next(), AbortSignal.any([signal, this.#pause.signal]));
      this.#pause = undefined;
    }
    this.#lose();
    this.#running = undefined;
    this.#enter("offline", null);
  }

  /** One connection, from the dialling to its end, which is an error unless `signal` aborted. */
  async #connection(signal: AbortSignal): Promise<void> {
    const established = await openSession(
      this.#route(),
      {
        account: this.#account,
        secret: this.#options,
        resource: this.#resource,
        clientId: this.#clientId,
        tokens: this.#tokens,
      },
      this.#session?.management,
      signal,
    );
    const { stream, outcome, features, bound, endpoint } = established;
    logEstablished(this.#account, established);
    if (bound !== undefined) {
      this.#lose();
      this.#session = new Session(bound.jid, bound.management);
    }
    const session = this.#session!;
    const ended = new AbortController();
    const close = () => {
      session.sayHandled();
      void stream.close();
    };
    signal.addEventListener("abort", close, { once: true });
    this.#login = outcome;
    this.#features = features;
    this.#endpoint = endpoint;
    const began = performance.now();
    try {
      session.attach(stream);
      signal.throwIfAborted();
      const pump = this.#inbound.pump(stream, session, established);
      this.hooks.runConnected(this, ended.signal);
      session.starting ??= this.hooks.runOnline(this, session.signal);
      await Promise.race([pump, session.starting]);
      this.#wasOnline = true;
      this.#enter("online", null, bound === undefined);
      this.#settle(undefined);
      await pump;
    } catch (error) {
      stream.refuse(error);
      throw error;
    } finally {
      if (performance.now() - began > STABLE_MS) this.#backoff.reset();
      signal.removeEventListener("abort", close);
      this.#login = this.#features = undefined;
      ended.abort();
      if (!session.detach()) this.#lose();
      await stream.close();
    }
  }

  /** The session is over for good: what the server did not confirm goes back to who sent it. */
  #lose(): void {
    const session = this.#session;
    this.#session = undefined;
    const left = session?.end() ?? [];
    if (left.length > 0) this.hooks.giveBack(left);
  }

  #route(): Route {
    const { endpoints, trust } = this.#options;
    const management = this.#session?.management;
    return {
      domain: this.#account.domain,
      trust,
      first: management && preferred(management, this.#endpoint),
      ...(endpoints === undefined
        ? {}
        : { endpoints: typeof endpoints === "function" ? endpoints() : endpoints }),
    };
  }

  #mayPass(error: unknown): boolean {
    return this.#wasOnline && error instanceof SimppdError &&
      error.code === "untrusted-certificate";
  }

  #settle(error: unknown): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { resolve, reject } of waiters) error === undefined ? resolve() : reject(error);
  }

  #enter(state: ClientState, problem: ClientEvent["problem"], resumed = false): void {
    if (this.#state === state && problem === null) return;
    this.#state = state;
    this.events.emit({ state, problem, resumed });
  }
}
