import { type Bytes, logOf, SimppdError, utf8 } from "../../base/mod.ts";
import {
  type Element,
  escapeText,
  LIMITS_AFTER_AUTH,
  LIMITS_BEFORE_AUTH,
  NS,
  type ReaderLimits,
  serialise,
  StreamError,
  StreamReader,
} from "../core/mod.ts";
import type { Transport } from "./transport.ts";

/** Our own server may send more at once than others may: a whole roster is one stanza. */
const LIMITS_OF_OWN_SERVER: ReaderLimits = { ...LIMITS_AFTER_AUTH, bytes: 1_048_576 };
/** Characters that may wait to be sent. */
const MAX_QUEUED = 4_194_304;
/** How long the last words may take to leave. */
const CLOSE_MS = 1_000;

/** The header a client opens a stream with (RFC 6120 section 4.2). */
export function streamHeader(domain: string): string {
  return `<?xml version='1.0'?><stream:stream to='${escapeText(domain)}' version='1.0' ` +
    `xml:lang='en' xmlns='${NS.client}' xmlns:stream='${NS.stream}'>`;
}

/** One XML stream over one encrypted connection; everything it throws means that it is over. */
export class XmppStream {
  readonly #transport: Transport;
  readonly #domain: string;
  #limits = LIMITS_BEFORE_AUTH;
  #reader: StreamReader | undefined;
  #inbox: Element[] = [];
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

  constructor(transport: Transport, domain: string) {
    this.#transport = transport;
    this.#domain = domain;
  }

  /** `endPointOf` the server's certificate, where the connection shows it. */
  get endPoint(): Uint8Array | undefined {
    return this.#transport.endPoint;
  }

  /** Opens the stream, anew after a login, and gives the server's features. */
  async open(afterLogin = false): Promise<Element> {
    if (this.#inbox.length > 0) throw new StreamError("bad-format", "a stanza out of turn");
    if (afterLogin) this.#limits = LIMITS_OF_OWN_SERVER;
    this.#opened = false;
    this.#reader = new StreamReader({
      onOpen: ({ version }) => {
        if (version === undefined || Number.parseInt(version) < 1) {
          throw new StreamError("unsupported-version", "XMPP 1.0 is needed");
        }
        this.#opened = true;
      },
      onStanza: (stanza) => this.#inbox.push(stanza),
      onClose: () => this.#closedByPeer = true,
    }, this.#limits);
    this.#push(streamHeader(this.#domain));
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

  /** Queues a stanza. @throws SimppdError `bad-xml`, `send-queue-full` */
  send(element: Element): void {
    this.#push(serialise(element));
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

  #read(bytes: Uint8Array): void {
    try {
      this.#reader?.write(bytes);
    } catch (error) {
      this.#refuse(error);
      throw error;
    }
  }

  async #close(): Promise<void> {
    const late = setTimeout(() => this.abort(), CLOSE_MS);
    try {
      if (!this.#ending && this.#opened) this.#push("</stream:stream>");
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
        const text = this.#outbox.join("");
        this.#outbox = [];
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

  #refuse(error: unknown): void {
    if (!(error instanceof StreamError)) return;
    try {
      this.#push(serialise(error.toElement()) + "</stream:stream>");
      this.#ending = true;
    } catch {
      // It was over already.
    }
  }
}

function lost(why: string, cause?: unknown): SimppdError {
  return new SimppdError("connection-lost", `The connection to the server ended: ${why}.`, cause);
}
