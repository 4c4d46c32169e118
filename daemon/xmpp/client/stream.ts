import { type Bytes, logOf, SimppdError, utf8 } from "../../base/mod.ts";
import {
  type Element,
  endPointOf,
  LIMITS_BEFORE_AUTH,
  LIMITS_OF_SERVER,
  NS,
  StreamError,
  tlsServerEndPoint,
} from "../core/mod.ts";
import { type Framing, framingOf } from "./framing.ts";
import type { Transport } from "./transport.ts";

/** Characters that may wait to be sent. */
const MAX_QUEUED = 4_194_304;
/** How long the last words may take to leave. */
const CLOSE_MS = 1_000;

/** One XML stream over one encrypted connection; everything it throws means that it is over. */
export class XmppStream {
  readonly #transport: Transport;
  readonly #framing: Framing;
  readonly #domain: string;
  readonly #from: string | undefined;
  #inbox: Element[] = [];
  readonly #passedOver = new WeakMap<Element, StreamError>();
  #opened = false;
  #closedByPeer = false;
  #outbox: string[] = [];
  #queued = 0;
  #flushing: Promise<void> | undefined;
  /** What {@link receive} gave last, while it waits. */
  #reading: Promise<Element> | undefined;
  #closing: Promise<void> | undefined;
  /** We said that we end. */
  #ending = false;
  #over = false;
  /** `performance.now()` when bytes last came. */
  heard = performance.now();

  /** @param from the account that will log in, which the server may want to know beforehand */
  constructor(transport: Transport, domain: string, from?: string) {
    this.#transport = transport;
    this.#domain = domain;
    this.#from = from;
    this.#framing = framingOf(transport.framing, {
      onOpen: ({ version }) => {
        if (version === undefined || Number.parseInt(version) < 1) {
          throw new StreamError("unsupported-version", "XMPP 1.0 is needed");
        }
        this.#opened = true;
      },
      onStanza: (stanza) => this.#take(stanza),
      onPassedOver: (stanza, why) => {
        this.#passedOver.set(stanza, why);
        this.#inbox.push(stanza);
      },
      onClose: () => this.#closedByPeer = true,
    }, LIMITS_BEFORE_AUTH);
  }

  /** `endPointOf` the server's certificate: what SIMPP-1 binds to. */
  get endPoint(): Uint8Array | undefined {
    const { certificate } = this.#transport;
    return certificate && endPointOf(certificate);
  }

  /** `tlsServerEndPoint` of the server's certificate: what SCRAM and tokens bind to. */
  get tlsServerEndPoint(): Uint8Array | undefined {
    const { certificate } = this.#transport;
    return certificate && tlsServerEndPoint(certificate);
  }

  /** Opens the stream, anew after a login, and gives the server's features. */
  async open(afterLogin = false): Promise<Element> {
    if (this.#inbox.length > 0) throw new StreamError("bad-format", "a stanza out of turn");
    if (afterLogin) this.#framing.limits = LIMITS_OF_SERVER;
    this.#opened = false;
    this.#push(this.#framing.open(this.#domain, this.#from));
    return await this.features();
  }

  /** The features that are expected next: of a stream just opened, or after a login by SASL2. */
  async features(): Promise<Element> {
    const features = await this.receive();
    if (!features.is("features", NS.stream)) {
      throw new StreamError("bad-format", `expected stream features, not <${features.name}>`);
    }
    return features;
  }

  /**
   * The next stanza or negotiation element.
   * @throws StreamError what the server sent as such, or how its XML is wrong; SimppdError
   * `connection-lost`
   */
  receive(): Promise<Element> {
    const reading = this.#receive().finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#reading = reading;
    return reading;
  }

  /** Why nothing is left of what was in a stanza that came: it was past a limit. */
  whyPassedOver(stanza: Element): StreamError | undefined {
    return this.#passedOver.get(stanza);
  }

  /** Queues a stanza. @throws SimppdError `bad-xml`, `send-queue-full` */
  send(element: Element): void {
    this.#push(this.#framing.write(element));
  }

  /**
   * Ends the stream and waits a little for the server to do so too: it has then read all we sent.
   * The connection is closed when this resolves.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Drops the connection; a waiting {@link receive} throws. */
  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#transport.close();
  }

  async #receive(): Promise<Element> {
    for (;;) {
      const stanza = this.#inbox.shift();
      if (stanza?.is("error", NS.stream)) throw StreamError.fromElement(stanza);
      if (stanza !== undefined) return stanza;
      if (this.#closedByPeer) throw lost("the server closed the stream");
      const bytes = await this.#transport.read().catch((error) => {
        throw lost("the connection broke", error);
      });
      if (bytes === null || this.#over) throw lost("the server hung up");
      this.heard = performance.now();
      this.#read(bytes);
    }
  }

  #take(stanza: Element): void {
    // After SASL2 the stream goes on without a new header, perhaps within these very bytes. Whether
    // the login holds is seen before any of it is used.
    if (stanza.is("success", NS.sasl2)) this.#framing.limits = LIMITS_OF_SERVER;
    this.#inbox.push(stanza);
  }

  #read(bytes: Uint8Array): void {
    try {
      this.#framing.read(bytes);
    } catch (error) {
      this.refuse(error);
      throw error;
    }
  }

  async #close(): Promise<void> {
    const late = setTimeout(() => this.abort(), CLOSE_MS);
    try {
      if (!this.#ending && this.#opened) this.#push(this.#framing.close);
      this.#ending = true;
      await this.#flushing;
      while (!this.#over) await (this.#reading ?? this.receive());
    } catch {
      // It is over: by the server's end of the stream, or because the connection broke.
    }
    clearTimeout(late);
    this.abort();
  }

  #push(text: string): void {
    if (this.#over) throw lost("the connection is closed");
    if (this.#queued + text.length > MAX_QUEUED) {
      throw new SimppdError(
        "send-queue-full",
        "The server takes no more for now: too much waits to be sent. Try again later.",
      );
    }
    this.#queued += text.length;
    this.#outbox.push(text);
    this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    // What is sent in one turn of the event loop leaves as one.
    await Promise.resolve();
    try {
      while (this.#outbox.length > 0 && !this.#over) {
        const text = this.#framing.together
          ? this.#outbox.splice(0).join("")
          : this.#outbox.shift()!;
        await this.#transport.write(utf8(text) as Bytes);
        this.#queued -= text.length;
      }
    } catch (error) {
      logOf("xmpp").debug("writing failed: {error}", { error });
      this.abort();
    } finally {
      this.#flushing = undefined;
    }
  }

  /** Tells the server which of its errors ends the stream; does nothing for other errors. */
  refuse(error: unknown): void {
    if (!(error instanceof StreamError)) return;
    try {
      this.#push(this.#framing.write(error.toElement()));
      this.#push(this.#framing.close);
      this.#ending = true;
    } catch {
      // It was over already.
    }
  }
}

function lost(why: string, cause?: unknown): SimppdError {
  return new SimppdError("connection-lost", `The connection to the server ended: ${why}.`, cause);
}
