import type { Socket } from "node:net";
import { logOf, SimppdError, steadyNow } from "../../base/mod.ts";
import {
  el,
  type Element,
  escapeText,
  iqResult,
  LIMITS_AFTER_AUTH,
  LIMITS_BEFORE_AUTH,
  newId,
  NS,
  serialise,
  StanzaError,
  StreamError,
  StreamReader,
} from "../core/mod.ts";
import { Connection, type Flow, type TlsIdentity } from "./connection.ts";
import type { Host } from "./host.ts";
import { Login } from "./login.ts";
import { refusal } from "./refusal.ts";
import type { Router } from "./router.ts";
import { Session } from "./session.ts";

/** Failed logins after which a stream is closed (RFC 6120 section 6.4.4 wants two to five). */
const MOST_FAILED_LOGINS = 4;

/** What a stream needs of the server it belongs to. */
export interface StreamHost extends Host {
  readonly router: Router;
  /** Makes the session the account's; an older one of the same resource is ended. */
  bind(stream: ClientStream, session: Session): void;
  streamClosed(stream: ClientStream): void;
  /** Connections that became crowded by the stanza that is being routed. */
  readonly crowded: Set<Connection>;
}

/**
 * One client's stream (RFC 6120): header, login, resource binding, stanzas, close. Errors end this
 * stream and no other. Stanzas are handled one after the other, in the order they came.
 */
export class ClientStream {
  /** The account, once logged in. */
  account: string | undefined;
  session: Session | undefined;

  readonly #host: StreamHost;
  readonly #connection: Connection;
  readonly #reader: StreamReader;
  readonly #login: Login;
  #stage: "login" | "bind" | "bound" | "closed" = "login";
  #headerSent = false;
  #queue: Element[] = [];
  #busy = false;
  #failures = 0;
  #stanzas = 0;
  #heardAt = steadyNow();
  #pinged = false;
  readonly #loginBy: number;
  /** When the account was made that was logged in. */
  #created: number | undefined;

  constructor(host: StreamHost, raw: Socket, identity: TlsIdentity) {
    this.#host = host;
    this.#loginBy = steadyNow() + host.limits.loginTimeoutMs;
    this.#reader = new StreamReader({
      onOpen: (attrs) => this.#open(attrs),
      onStanza: (stanza) => this.#take(stanza),
      onClose: () => this.close(),
    }, LIMITS_BEFORE_AUTH);
    this.#connection = new Connection(raw, identity, flowOf(host, false), {
      onBytes: (bytes) => this.#read(bytes),
      onEnd: () => this.close(),
      onCrowded: () => host.crowded.add(this.#connection),
      onRoom: () => this.session && host.hooks.relieved.run(this.session),
      onOverflow: () => {
        logOf("xmpp-server").warn("a client reads too slowly and is dropped");
        this.#connection.destroy();
      },
      onClosed: () => this.#ended(),
    });
    this.#login = new Login(
      host,
      this.#connection.address,
      (bytes) => this.#connection.charge(bytes),
    );
  }

  get address(): string {
    return this.#connection.address;
  }

  /** Has it not said a word yet, not even the stream's header? */
  get silent(): boolean {
    return this.#stage === "login" && !this.#headerSent;
  }

  /** Ends the connection without a word. */
  drop(): void {
    this.#connection.destroy();
  }

  /** Ends the stream in peace. */
  close(): void {
    this.#finish(this.#headerSent ? "</stream:stream>" : "");
  }

  /** Ends the stream with an error (RFC 6120 section 4.9). */
  fail(error: StreamError): void {
    const header = this.#headerSent ? "" : this.#header();
    this.#finish(`${header}${serialise(error.toElement())}</stream:stream>`);
  }

  /** Looks at deadlines: login, silence, an unanswered ping. */
  sweep(now: number): void {
    const { idlePingMs, pingTimeoutMs } = this.#host.limits;
    const silence = now - this.#heardAt;
    if (this.#stage === "closed") return;
    if (this.session === undefined) {
      if (now >= this.#loginBy) {
        this.fail(new StreamError("connection-timeout", "the login took too long"));
      }
    } else if (silence >= idlePingMs + pingTimeoutMs) {
      this.fail(new StreamError("connection-timeout", "nothing was heard for too long"));
    } else if (silence >= idlePingMs && !this.#pinged) {
      this.#pinged = true;
      this.session.ask(el("ping", { xmlns: NS.ping }), () => {});
    }
  }

  #read(bytes: Uint8Array): void {
    this.#heardAt = steadyNow();
    this.#pinged = false;
    try {
      this.#reader.write(bytes);
    } catch (error) {
      this.#failWith(error);
    }
  }

  #failWith(error: unknown): void {
    if (error instanceof StreamError) return this.fail(error);
    logOf("xmpp-server").error("a stream failed: {error}", { error });
    this.fail(new StreamError("internal-server-error"));
  }

  #open(attrs: Record<string, string>): void {
    if (attrs.xmlns !== NS.client) {
      throw new StreamError("invalid-namespace", `expected xmlns="${NS.client}"`);
    }
    if (attrs.to !== undefined && attrs.to.toLowerCase() !== this.#host.domain.domain) {
      throw new StreamError("host-unknown", `this server is ${this.#host.domain}`);
    }
    if (!/^1\.\d+$/.test(attrs.version ?? "")) {
      throw new StreamError("unsupported-version", "expected version 1.0");
    }
    const { hooks, logins } = this.#host;
    const features = this.#stage === "login"
      ? [
        el(
          "mechanisms",
          { xmlns: NS.sasl },
          ...logins.mechanisms.map((name) => el("mechanism", {}, name)),
        ),
        ...hooks.streamFeatures("login"),
      ]
      : [el("bind", { xmlns: NS.bind }), ...hooks.streamFeatures("bound")];
    this.#connection.send(
      this.#header() + serialise(el("stream:features", { "xmlns:stream": NS.stream }, ...features)),
    );
  }

  #header(): string {
    this.#headerSent = true;
    return `<?xml version='1.0'?><stream:stream xmlns='${NS.client}' xmlns:stream='${NS.stream}'` +
      ` id='${newId()}' from='${escapeText(this.#host.domain.domain)}' version='1.0'` +
      ` xml:lang='en'>`;
  }

  #take(stanza: Element): void {
    this.#connection.charge(this.#host.limits.stanzaCostBytes);
    if (this.#busy) {
      this.#queue.push(stanza);
      return;
    }
    const work = this.#handle(stanza);
    if (work !== undefined) this.#wait(work);
  }

  /** While one stanza is worked on, later ones wait and nothing more is read. */
  #wait(work: Promise<void>): void {
    this.#busy = true;
    this.#connection.hold(true);
    work.then(() => this.#resume(), (error) => this.#failWith(error));
  }

  #resume(): void {
    this.#busy = false;
    try {
      while (!this.#busy && this.#stage !== "closed") {
        const next = this.#queue.shift();
        if (next === undefined) return this.#connection.hold(false);
        const work = this.#handle(next);
        if (work !== undefined) this.#wait(work);
      }
    } catch (error) {
      this.#failWith(error);
    }
  }

  #handle(stanza: Element): Promise<void> | undefined {
    switch (this.#stage) {
      case "login":
        return this.#beforeLogin(stanza);
      case "bind":
        return void this.#bind(stanza);
      case "bound":
        return this.#route(stanza);
      case "closed":
        return undefined;
    }
  }

  /** Routes a stanza; who it crowded gets time to read before the next one. */
  #route(stanza: Element): Promise<void> | undefined {
    const { crowded, limits, router } = this.#host;
    crowded.clear();
    const work = router.route(this.session!, stanza) ?? undefined;
    crowded.delete(this.#connection);
    if (crowded.size === 0) return work;
    const rooms = [...crowded].map((connection) => connection.room(limits.crowdedHoldMs));
    crowded.clear();
    return Promise.all([work, ...rooms]).then(() => {});
  }

  #beforeLogin(stanza: Element): Promise<void> {
    if (++this.#stanzas > this.#host.limits.stanzasBeforeAuth) {
      throw new StreamError("policy-violation", "too many stanzas before login");
    }
    if (stanza.getNS() === NS.sasl) return this.#sasl(stanza);
    const type = stanza.attrs.type;
    const [payload, ...others] = stanza.getChildElements();
    const handler = payload && this.#host.hooks.loginIqHandler(payload);
    const request = stanza.is("iq", NS.client) && (type === "get" || type === "set");
    if (!request || others.length > 0 || handler === undefined) {
      throw new StreamError("not-authorized", "log in first");
    }
    return this.#loginIq(stanza, async () => await handler(this.#login, type, payload!));
  }

  async #loginIq(iq: Element, work: () => Promise<Element | undefined>): Promise<void> {
    delete iq.attrs.from;
    try {
      const child = await work();
      this.#send(iqResult(iq, child));
    } catch (error) {
      if (error instanceof StreamError) throw error;
      this.#send(refusal(iq, error));
    }
  }

  async #sasl(element: Element): Promise<void> {
    const step = await this.#login.step(element);
    if (this.#stage !== "login") return;
    if (step.kind === "challenge") {
      return this.#send(el("challenge", { xmlns: NS.sasl }, step.data || undefined));
    }
    if (step.kind === "failure") {
      this.#send(el("failure", { xmlns: NS.sasl }, el(step.condition)));
      if (++this.#failures >= MOST_FAILED_LOGINS) {
        throw new StreamError("policy-violation", "too many failed logins");
      }
      return;
    }
    // Nothing may have been sent ahead: it was parsed as part of the stream that ends here.
    if (this.#queue.length > 0) throw new StreamError("policy-violation", "sent before success");
    logOf("xmpp-server").info("{account} logged in by {mechanism}", {
      account: step.account,
      mechanism: step.mechanism,
    });
    this.account = step.account;
    this.#created = this.#host.storage.accounts.created(step.account);
    this.#stage = "bind";
    this.#reader.setLimits(LIMITS_AFTER_AUTH);
    this.#reader.restart();
    this.#headerSent = false;
    this.#connection.setFlow(flowOf(this.#host, true));
    this.#send(el("success", { xmlns: NS.sasl }, step.data));
  }

  #bind(iq: Element): void {
    const bind = iq.getChild("bind", NS.bind);
    if (!iq.is("iq", NS.client) || iq.attrs.type !== "set" || bind === undefined) {
      throw new StreamError("not-authorized", "bind a resource first");
    }
    delete iq.attrs.from;
    const { limits, sessions, storage } = this.#host;
    const account = this.account!;
    const created = storage.accounts.created(account);
    if (created === undefined || created !== this.#created) {
      throw new StreamError("not-authorized", "the account was removed");
    }
    try {
      const wanted = bind.getChildText("resource") || newId();
      const jid = resourceOf(this.#host, account, wanted);
      const replaced = sessions.get(jid);
      if (replaced === undefined && sessions.of(account).length >= limits.sessionsPerAccount) {
        throw new StanzaError("wait", "resource-constraint", "too many sessions of this account");
      }
      const connection = this.#connection;
      const session = new Session(jid, {
        send: (xml) => connection.send(xml),
        charge: (bytes) => connection.charge(bytes),
        get full() {
          return connection.full;
        },
      });
      this.#host.bind(this, session);
      this.session = session;
      this.#stage = "bound";
      this.#send(iqResult(iq, el("bind", { xmlns: NS.bind }, el("jid", {}, jid.toString()))));
    } catch (error) {
      if (error instanceof StreamError) throw error;
      this.#send(refusal(iq, error));
    }
  }

  #send(element: Element): void {
    this.#connection.send(serialise(element));
  }

  #finish(last: string): void {
    if (this.#stage === "closed") return;
    this.#leave();
    this.#connection.end(last);
  }

  #ended(): void {
    if (this.#stage !== "closed") this.#leave();
    this.#host.streamClosed(this);
  }

  #leave(): void {
    this.#stage = "closed";
    this.#queue = [];
    this.#reader.stop();
    const session = this.session;
    if (session === undefined || !session.open) return;
    this.#host.sessions.remove(session);
    try {
      session.close();
      this.#host.hooks.closed.run(session);
    } catch (error) {
      logOf("xmpp-server").error("leaving failed: {error}", { error });
    }
  }
}

function resourceOf(host: Host, account: string, resource: string) {
  try {
    return host.address(account).withResource(resource);
  } catch (error) {
    if (error instanceof SimppdError) {
      throw new StanzaError("modify", "bad-request", "bad resource");
    }
    throw error;
  }
}

function flowOf({ limits }: Host, loggedIn: boolean): Flow {
  return {
    bytesPerSecond: loggedIn ? limits.bytesPerSecond : limits.bytesPerSecondBeforeAuth,
    burstBytes: loggedIn ? limits.burstBytes : limits.burstBytesBeforeAuth,
    outQueueBytes: limits.outQueueBytes,
  };
}
