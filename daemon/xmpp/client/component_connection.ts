import { connect, type Socket } from "node:net";
import { SimppdError, utf8 } from "../../base/mod.ts";
import {
  componentProof,
  type Element,
  escapeText,
  inNamespace,
  LIMITS_OF_SERVER,
  NS,
  serialise,
  StreamError,
  StreamReader,
} from "../core/mod.ts";
import { SocketTransport } from "./transport.ts";

/** Which component this is, and where its server is. */
export interface ComponentSettings {
  /** The domain it speaks for. */
  readonly domain: string;
  readonly secret: string;
  readonly host: string;
  readonly port: number;
  /** Allow a server that is not on this machine: secret and stanzas cross the network in clear. */
  readonly allowClear?: boolean;
}

const ATTEMPT_MS = 10_000;
/** Characters that may wait to be sent. */
const MAX_QUEUED = 8 << 20;

/** One connection of a component, past its handshake (XEP-0114 section 3). */
export class ComponentConnection {
  readonly #transport: SocketTransport;
  readonly #inbox: Element[] = [];
  readonly #reader: StreamReader;
  #id = "";
  #outbox: string[] = [];
  #queued = 0;
  #flushing = false;
  #closed = false;

  private constructor(transport: SocketTransport) {
    this.#transport = transport;
    this.#reader = new StreamReader({
      onOpen: ({ id = "" }) => this.#id = id,
      onStanza: (stanza) => this.#inbox.push(stanza),
      onClose: () => this.#closed = true,
    }, LIMITS_OF_SERVER);
  }

  /** @throws SimppdError `connection-failed`, `component-refused` */
  static async open(
    { host, port, domain, secret }: ComponentSettings,
    signal: AbortSignal,
  ): Promise<ComponentConnection> {
    const socket = await connected(host, port, signal).catch((error) => {
      throw new SimppdError(
        "connection-failed",
        `Nothing answers at ${host}:${port}; is the server there, and its component port open?`,
        error,
      );
    });
    const connection = new ComponentConnection(new SocketTransport(socket));
    const late = setTimeout(() => connection.close(), ATTEMPT_MS);
    const abort = () => connection.close();
    signal.addEventListener("abort", abort, { once: true });
    try {
      connection.#push(
        `<?xml version='1.0'?><stream:stream xmlns='${NS.component}' ` +
          `xmlns:stream='${NS.stream}' to='${escapeText(domain)}'>`,
      );
      while (connection.#id === "") await connection.#read();
      connection.#push(`<handshake>${componentProof(connection.#id, secret)}</handshake>`);
      const answer = await connection.receive();
      if (!answer.is("handshake", NS.component)) {
        throw new StreamError("bad-format", `expected <handshake/>, not <${answer.name}>`);
      }
      return connection;
    } catch (error) {
      connection.close();
      if (!(error instanceof StreamError)) throw error;
      throw new SimppdError(
        "component-refused",
        `The server at ${host}:${port} does not take the component ${domain}: check its name and ` +
          "secret on both sides.",
        error,
      );
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", abort);
    }
  }

  /** @throws StreamError what the server sent; SimppdError `connection-lost` */
  async receive(): Promise<Element> {
    for (;;) {
      const stanza = this.#inbox.shift();
      if (stanza?.is("error", NS.stream)) throw StreamError.fromElement(stanza);
      if (stanza !== undefined) return stanza;
      await this.#read();
    }
  }

  /** @throws SimppdError `send-queue-full`, `bad-xml` */
  send(stanza: Element): void {
    this.#push(serialise(inNamespace(stanza, NS.component)));
  }

  close(): void {
    this.#closed = true;
    this.#transport.close();
  }

  async #read(): Promise<void> {
    const bytes = this.#closed ? null : await this.#transport.read().catch(() => null);
    if (bytes === null) {
      throw new SimppdError("connection-lost", "The connection to the server ended.");
    }
    this.#reader.write(bytes);
  }

  #push(text: string): void {
    if (this.#queued + text.length > MAX_QUEUED) {
      throw new SimppdError(
        "send-queue-full",
        "The server takes no more for now; try again later.",
      );
    }
    this.#queued += text.length;
    this.#outbox.push(text);
    if (!this.#flushing) void this.#flush();
  }

  async #flush(): Promise<void> {
    this.#flushing = true;
    await Promise.resolve();
    try {
      while (this.#outbox.length > 0 && !this.#closed) {
        const text = this.#outbox.join("");
        this.#outbox = [];
        await this.#transport.write(utf8(text));
        this.#queued -= text.length;
      }
    } catch {
      this.close();
    }
    this.#flushing = false;
  }
}

function connected(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const give = (error: unknown) => {
      signal.removeEventListener("abort", abort);
      clearTimeout(late);
      if (error === undefined) return resolve(socket);
      socket.destroy();
      reject(error);
    };
    const abort = () => give(signal.reason);
    const late = setTimeout(() => give(new Error("nothing answers")), ATTEMPT_MS);
    signal.addEventListener("abort", abort, { once: true });
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      give(undefined);
    });
    socket.on("error", give);
  });
}
