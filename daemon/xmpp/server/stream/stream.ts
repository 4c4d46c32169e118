import { logOf, steadyNow } from "../../../base/mod.ts";
import { el, type Element, Jid, NS, serialise, StreamError } from "../../core/mod.ts";
import type { Accepted } from "../accepted.ts";
import { Authentication } from "../login/authentication.ts";
import { Backlog } from "./backlog.ts";
import { BoundStream } from "./bound_stream.ts";
import { Connection, type Flow } from "./connection.ts";
import type { Crowdable } from "../crowdable.ts";
import type { Host } from "../host.ts";
import { costOf, limitsAfterAuth, limitsBeforeAuth } from "../limits.ts";
import type { Outlet, Session } from "../session.ts";
import type { Stage, StagedStream } from "./stage.ts";
import type { Framing, FramingReader } from "./framing.ts";
import { checkHeader } from "./stream_header.ts";
import type { StreamHost } from "./stream_host.ts";
import { isDatabaseTrouble } from "../storage/database.ts";
import type { OpenWire } from "./wire.ts";

/** Errors of a stream that its session outlives: its client may come back, our storage too. */
const SURVIVED = new Set(["connection-timeout", "reset", "resource-constraint"]);

/** What carries a stream, and how its elements stand on it. */
export interface StreamTransport {
  readonly address: string;
  readonly open: OpenWire;
  readonly framing: Framing;
}

/**
 * One client's stream (RFC 6120): header, elements, close, and the stage it is in. Errors end this
 * stream and no other. Elements are handled one after the other, in the order they came.
 */
export class ClientStream implements Accepted, StagedStream {
  readonly clear = false;
  readonly outlet: Outlet;
  from: Jid | undefined;

  readonly #host: StreamHost;
  readonly #connection: Connection;
  readonly #reader: FramingReader;
  readonly #framing: Framing;
  #stage: Stage;
  #closed = false;
  #account: string | undefined;
  #created: number | undefined;
  #headerSent = false;
  readonly #backlog: Backlog;
  #heardAt = steadyNow();
  #probed = false;
  readonly #loginBy: number;
  readonly #secureBy: number;

  /** @param since when its TCP connection was accepted, by the steady clock */
  constructor(host: StreamHost, transport: StreamTransport, since: number) {
    const { address, open, framing } = transport;
    this.#host = host;
    this.#framing = framing;
    this.#loginBy = since + host.limits.loginTimeoutMs;
    this.#secureBy = steadyNow() + host.limits.handshakeTimeoutMs;
    this.#reader = framing.reader({
      onOpen: (attrs) => this.#open(attrs),
      onStanza: (stanza) => this.#take(stanza),
      onClose: () => this.close(),
    }, limitsBeforeAuth(host.limits));
    const backlog = this.#backlog = new Backlog({
      piece: framing.piece,
      read: (bytes) => this.#reader.write(bytes),
      handle: (element) => this.#handle(element),
      hold: (held) => this.#connection.hold(held),
      failed: (error) => this.#failWith(error),
    }, host.turns);
    const flow = flowOf(host, address, false);
    const connection = this.#connection = new Connection(address, open, flow, {
      onBytes: (bytes) => this.#read(bytes),
      // What came before it is the client's word still.
      onEnd: () => backlog.finish(() => this.#finish([], "lost")),
      onCrowded: () => host.crowded.add(this.#connection),
      onRoom: () => this.#relieved(),
      onOverflow: () => {
        logOf("xmpp-server").warn("a client reads too slowly and is dropped");
        this.drop();
      },
      onClosed: () => backlog.finish(() => this.#ended()),
    });
    this.outlet = {
      send: (xml) => connection.send(xml),
      charge: (bytes) => connection.charge(bytes),
      get full() {
        return connection.full;
      },
      fail: (error) => this.fail(error),
      supersede: () => {
        const error = new StreamError("conflict", "the session goes on on another stream");
        this.#finish(this.#lastWords(error), "lost");
      },
    };
    this.#stage = new Authentication(host, this);
  }

  get address(): string {
    return this.#connection.address;
  }
  get session(): Session | undefined {
    return this.#stage instanceof BoundStream ? this.#stage.session : undefined;
  }
  get closed(): boolean {
    return this.#closed;
  }
  get pipelined(): boolean {
    return this.#backlog.waits;
  }
  get silent(): boolean {
    return !this.#closed && this.#account === undefined && !this.#headerSent;
  }
  get account(): string | undefined {
    return this.#account;
  }
  get created(): number | undefined {
    return this.#created;
  }
  get proved(): boolean {
    return this.#account !== undefined;
  }
  get bound(): boolean {
    return this.session !== undefined;
  }

  drop(): void {
    this.#backlog.close();
    this.#connection.destroy();
  }

  /** Ends the stream in peace, as its client did. */
  close(): void {
    this.#finish(this.#headerSent ? [this.#framing.end] : [], "over");
  }

  fail(error: StreamError): void {
    this.#finish(this.#lastWords(error), SURVIVED.has(error.condition) ? "lost" : "over");
  }

  /** Looks at deadlines: handshake, login, silence, an unanswered ping. */
  sweep(now: number): void {
    const { idlePingMs, pingTimeoutMs } = this.#host.limits;
    const silence = now - this.#heardAt;
    if (this.#closed) return;
    if (!this.#connection.secure && now >= this.#secureBy) return this.drop();
    if (this.session === undefined) {
      if (now >= this.#loginBy) {
        this.fail(new StreamError("connection-timeout", "the login took too long"));
      }
    } else if (silence >= idlePingMs + pingTimeoutMs) {
      this.fail(new StreamError("connection-timeout", "nothing was heard for too long"));
    } else if (silence >= idlePingMs && !this.#probed) {
      this.#probed = true;
      this.session.probe();
    }
  }

  send(element: Element): void {
    this.#connection.send(serialise(element));
  }

  charge(bytes: number): void {
    this.#connection.charge(bytes);
  }

  uncrowd(crowded: Set<Crowdable>): void {
    crowded.delete(this.#connection);
  }

  authenticated(account: string): void {
    this.#account = account;
    this.#created = this.#host.storage.accounts.created(account);
    this.#reader.setLimits(limitsAfterAuth(this.#host.limits));
    this.#connection.setFlow(flowOf(this.#host, this.address, true));
  }

  restart(stage: Stage): void {
    this.#stage = stage;
    this.#reader.restart();
    this.#headerSent = false;
  }

  enter(stage: Stage): void {
    this.#stage = stage;
  }

  sendFeatures(): void {
    this.#connection.send(this.#features());
  }

  #read(bytes: Uint8Array): void {
    this.#heardAt = steadyNow();
    this.#probed = false;
    this.#backlog.add(bytes);
  }

  #failWith(error: unknown): void {
    if (error instanceof StreamError) return this.fail(error);
    if (isDatabaseTrouble(error)) {
      return this.fail(new StreamError("resource-constraint", "the server's storage is away"));
    }
    logOf("xmpp-server").error("a stream failed: {error}", { error });
    this.fail(new StreamError("internal-server-error"));
  }

  #open(attrs: Record<string, string>): void {
    checkHeader(attrs, this.#host.domain);
    this.from = Jid.tryParse(attrs.from);
    this.#connection.send(this.#header());
    this.#connection.send(this.#features());
  }

  #features(): string {
    const features = this.#stage.features();
    return serialise(el("stream:features", { "xmlns:stream": NS.stream }, ...features));
  }

  #header(): string {
    this.#headerSent = true;
    return this.#framing.header(this.#host.domain);
  }

  #take(element: Element): void {
    this.#connection.charge(costOf(element, this.#host.limits));
    // Until then an element can change how what follows it is read.
    this.#backlog.take(element, this.session === undefined);
  }

  /** Who caused more work than it can pay for waits before the next, though that came already. */
  #handle(element: Element): Promise<void> | undefined {
    const work = this.#stage.handle(element) ?? undefined;
    const { overdrawn } = this.#connection;
    return overdrawn === undefined ? work : Promise.all([work, overdrawn]).then(() => {});
  }

  #lastWords(error: StreamError): string[] {
    const header = this.#headerSent ? [] : [this.#header()];
    return [...header, serialise(error.toElement()), this.#framing.end];
  }

  #relieved(): void {
    if (this.session === undefined) return;
    try {
      this.#host.hooks.relieved.run(this.session);
    } catch (error) {
      this.#failWith(error);
    }
  }

  #finish(last: readonly string[], session: "lost" | "over"): void {
    if (this.#closed) return;
    this.#leave(session);
    this.#connection.end(last);
  }

  #ended(): void {
    if (!this.#closed) this.#leave("lost");
    this.#host.streamClosed(this);
  }

  #leave(how: "lost" | "over"): void {
    this.#closed = true;
    this.#reader.stop();
    const { session } = this;
    // Another stream may have it by now, or it is over already.
    if (session?.outlet === this.outlet) {
      if (how === "lost") this.#host.streamLost(session);
      else this.#host.sessionOver(session);
    }
    this.#backlog.close();
  }
}

function flowOf({ limits, addressRates }: Host, address: string, loggedIn: boolean): Flow {
  return {
    ofAddress: (bytes) => addressRates.spend(address, bytes, steadyNow()),
    bytesPerSecond: loggedIn ? limits.bytesPerSecond : limits.bytesPerSecondBeforeAuth,
    burstBytes: loggedIn ? limits.burstBytes : limits.burstBytesBeforeAuth,
    outQueueBytes: limits.outQueueBytes,
  };
}
