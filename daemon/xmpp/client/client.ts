import { Backoff, Emitter, logOf, publicError, SimppdError, sleep } from "../../base/mod.ts";
import { type Element, Jid, newId, NS } from "../core/mod.ts";
import { isPermanent, openSession, type Route } from "./connection.ts";
import type { TlsTrust } from "./dial.ts";
import type { Endpoint } from "./endpoints.ts";
import { Hooks } from "./hooks.ts";
import { Requests } from "./requests.ts";
import type { LoginOutcome, LoginSecret } from "./sasl.ts";
import type { XmppStream } from "./stream.ts";
import { keepAlive } from "./xep_0199_ping.ts";

/** Whom to log in as, with what, and where. */
export type XmppClientOptions = LoginSecret & XmppAccountOptions;

/** {@link XmppClientOptions} without the secret. */
export interface XmppAccountOptions {
  /** The account, `name@domain`. */
  readonly jid: string;
  /** Wished for; a random one when absent. */
  readonly resource?: string;
  /** Where the server is; looked up in DNS when absent. */
  readonly endpoints?: readonly Endpoint[];
  readonly trust: TlsTrust;
  /** Silence after which the server is asked for a sign of life; 60 when absent. */
  readonly pingSeconds?: number;
}

/** `offline`: not connected, perhaps about to try again; `failed`: not before `connect()` is called. */
export type ClientState = "connecting" | "online" | "offline" | "failed";

/** A change of state, and what led to it when it was not wanted. */
export interface ClientEvent {
  readonly state: ClientState;
  readonly problem: { readonly code: string; readonly message: string } | null;
}

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
  readonly #requests = new Requests();
  readonly #backoff = new Backoff();
  #state: ClientState = "offline";
  #jid: Jid;
  #stream: XmppStream | undefined;
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
    this.#jid = this.#account;
    this.#resource = options.resource ?? newId().slice(0, 8);
    keepAlive(this, (options.pingSeconds ?? 60) * 1000);
  }

  get state(): ClientState {
    return this.#state;
  }

  /** Our address: full while connected, else that of the account. */
  get jid(): Jid {
    return this.#jid;
  }

  /** How the login of the present connection went; undefined while there is none. */
  get login(): LoginOutcome | undefined {
    return this.#login;
  }

  /** `performance.now()` when bytes last came over the present connection. */
  get heard(): number {
    return this.#stream?.heard ?? 0;
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

  /** Ends the stream and stays offline; nothing is left running when this resolves. */
  async close(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.stop.abort();
    await running.done;
    this.#settle(new SimppdError("closed", "The connection was closed on our side."));
  }

  /** Gives this connection up and makes a new one, as when it is found dead. */
  reconnect(): void {
    this.#stream?.abort();
  }

  /** Sends a stanza. @throws SimppdError `not-online`, `bad-xml`, `send-queue-full` */
  send(stanza: Element): void {
    if (this.#stream === undefined) throw notOnline();
    this.#stream.send(stanza);
  }

  /**
   * Sends an iq of type get or set and waits for its result. The id is set here.
   * @throws StanzaError the answer of type error; SimppdError `timeout`, `not-online`
   */
  async iq(
    iq: Element,
    { timeoutMs = IQ_TIMEOUT_MS, to }: { timeoutMs?: number; to?: Jid | string } = {},
  ): Promise<Element> {
    if (this.#stream === undefined) throw notOnline();
    if (to !== undefined) iq.attrs.to = to.toString();
    const id = newId();
    iq.attrs.id = id;
    const answer = this.#requests.wait(
      id,
      iq.attrs.to === undefined ? undefined : Jid.parse(iq.attrs.to),
      timeoutMs,
    );
    try {
      this.#stream.send(iq);
    } catch (error) {
      this.#requests.forget(id);
      throw error;
    }
    return await answer;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#enter("connecting", null);
      try {
        await this.#session(signal);
      } catch (error) {
        if (signal.aborted) break;
        logOf("xmpp").info("not connected: {error}", { error });
        const final = isPermanent(error) && !this.#mayPass(error);
        if (final) this.#running = undefined;
        this.#enter(final ? "failed" : "offline", publicError(error));
        this.#settle(error);
        if (final) return;
      }
      this.#pause = new AbortController();
      await sleep(this.#backoff.next(), AbortSignal.any([signal, this.#pause.signal]));
      this.#pause = undefined;
    }
    this.#running = undefined;
    this.#enter("offline", null);
  }

  /** One connection, from the dialling to its end, which is an error unless `signal` aborted. */
  async #session(signal: AbortSignal): Promise<void> {
    const { stream, jid, outcome } = await openSession(this.#route(), {
      account: this.#account,
      secret: this.#options,
      resource: this.#resource,
    }, signal);
    const ended = new AbortController();
    const close = () => void stream.close();
    signal.addEventListener("abort", close, { once: true });
    this.#stream = stream;
    this.#login = outcome;
    this.#jid = jid;
    const began = performance.now();
    try {
      signal.throwIfAborted();
      const pump = this.#pump(stream);
      await Promise.race([pump, this.hooks.runOnline(this, ended.signal)]);
      this.#wasOnline = true;
      this.#enter("online", null);
      this.#settle(undefined);
      await pump;
    } finally {
      if (performance.now() - began > STABLE_MS) this.#backoff.reset();
      signal.removeEventListener("abort", close);
      this.#stream = this.#login = undefined;
      this.#jid = this.#account;
      ended.abort();
      this.#requests.rejectAll(notOnline());
      await stream.close();
    }
  }

  async #pump(stream: XmppStream): Promise<never> {
    for (;;) this.#receive(await stream.receive(), stream);
  }

  #receive(stanza: Element, stream: XmppStream): void {
    if (stanza.getNS() !== NS.client) return;
    stanza.attrs.from ??= this.#account.toString();
    const { from, to } = stanza.attrs;
    const misled = to !== undefined && !Jid.tryParse(to)?.bareEquals(this.#account);
    if (misled || Jid.tryParse(from) === undefined) {
      logOf("xmpp").warn("dropped a stanza that is not for us or from nobody");
      return;
    }
    switch (stanza.getName()) {
      case "message":
      case "presence":
        this.hooks.dispatch(stanza);
        return;
      case "iq":
        if (stanza.attrs.type === "result" || stanza.attrs.type === "error") {
          this.#requests.settle(stanza, this.#account);
        } else void this.#answer(stanza, stream);
    }
  }

  async #answer(iq: Element, stream: XmppStream): Promise<void> {
    const answer = await this.hooks.answer(iq);
    // The request came over this stream; to a later one the answer would mean nothing.
    if (stream !== this.#stream) return;
    // The server knows our address better than the `to` of the request.
    delete answer.attrs.from;
    try {
      stream.send(answer);
    } catch (error) {
      logOf("xmpp").debug("an answer was not sent: {error}", { error });
    }
  }

  #route(): Route {
    const { endpoints, trust } = this.#options;
    return {
      domain: this.#account.domain,
      trust,
      ...(endpoints === undefined ? {} : { endpoints }),
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

  #enter(state: ClientState, problem: ClientEvent["problem"]): void {
    if (this.#state === state && problem === null) return;
    this.#state = state;
    this.events.emit({ state, problem });
  }
}

function notOnline(): SimppdError {
  return new SimppdError("not-online", "There is no connection to the server at the moment.");
}
