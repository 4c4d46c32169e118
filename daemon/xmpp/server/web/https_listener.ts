import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { createSecureContext, type SecureContext } from "node:tls";
import { logOf, sleep, steadyNow } from "../../../base/mod.ts";
import type { TlsIdentity } from "../tls_wire.ts";
import { withFreePort } from "../listener.ts";
import { Exchange } from "./exchange.ts";
import type { WebLimits } from "./limits.ts";
import { PacedTls } from "./paced_tls.ts";
import { closeQuietly, TcpDuplex } from "./tcp_duplex.ts";
import type { Web } from "./web.ts";
import { addressOf } from "../address.ts";

/** After accepting failed, as when file descriptors ran out. */
const REST_MS = 200;

/** What the listener asks of the server. */
export interface WebHost {
  readonly web: Web;
  readonly limits: WebLimits;
  /** May a connection of this address come in, bans considered? */
  admits(address: string): boolean;
}

/** A connection, from its TCP accept on. */
interface Entry {
  readonly socket: PacedTls;
  /** By when, on the steady clock, its handshake must be over or its next request be there. */
  speakBy: number;
  /** Requests under way. */
  busy: number;
}

/** The HTTPS listener: HTTP/1.1 over TLS 1.2 at least. */
export class HttpsListener {
  readonly address: { readonly host: string; readonly port: number };
  readonly #host: WebHost;
  readonly #listener: Deno.TcpListener;
  readonly #context: SecureContext;
  readonly #http: Server;
  readonly #entries = new Set<Entry>();
  readonly #bySocket = new WeakMap<Duplex, Entry>();
  readonly #exchanges = new Set<Exchange>();
  readonly #handling = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #accepting: Promise<void>;

  private constructor(
    host: WebHost,
    name: string,
    listener: Deno.TcpListener,
    context: SecureContext,
  ) {
    this.#host = host;
    this.#context = context;
    this.#listener = listener;
    this.address = { host: name, port: listener.addr.port };
    // It parses and writes HTTP on connections that are handed to it, and listens nowhere itself.
    this.#http = createServer({ maxHeaderSize: host.limits.httpsHeaderBytes });
    this.#http.on("request", (request, response) => this.#take(request, response, false));
    this.#http.on("checkContinue", (request, response) => this.#take(request, response, true));
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on("clientError", refuse);
    this.#accepting = this.#accept();
  }

  /**
   * Listens on `name`; when `port` is taken or not ours to use, on any free one instead.
   * @throws SimppdError `cannot-listen`
   */
  static open(
    name: string,
    port: number,
    { certificatePem: cert, keyPem: key }: TlsIdentity,
    host: WebHost,
  ): Promise<HttpsListener> {
    // deno-lint-ignore require-await -- so that errors reject
    return withFreePort(name, port, async (port) => {
      const context = createSecureContext({ cert, key, minVersion: "TLSv1.2" });
      return new HttpsListener(host, name, Deno.listen({ hostname: name, port }), context);
    });
  }

  /** Ends connections and requests that are too slow. */
  sweep(now: number): void {
    for (const entry of this.#entries) {
      if (entry.busy === 0 && now > entry.speakBy) {
        entry.socket.destroy();
      }
    }
    for (const exchange of this.#exchanges) if (exchange.late(now)) exchange.abort();
  }

  /** Accepts no more; what was accepted stays. */
  stopAccepting(): void {
    this.#closing.abort();
    closeQuietly(this.#listener);
  }

  /** Ends all connections, and waits until what was done for them has ended too. */
  async close(): Promise<void> {
    this.stopAccepting();
    for (const { socket } of this.#entries) socket.destroy();
    await this.#accepting;
    await Promise.all(this.#handling);
  }

  async #accept(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        this.#admit(await this.#listener.accept());
      } catch (error) {
        if (signal.aborted) return;
        logOf("xmpp-server").error("accepting an HTTPS connection failed: {error}", { error });
        await sleep(REST_MS, signal);
      }
    }
  }

  /** Counts a connection in, or turns it away. */
  #admit(conn: Deno.TcpConn): void {
    const address = addressOf(conn.remoteAddr.hostname);
    const { httpsConnections, httpsConnectionsPerAddress, httpsHandshakeMs } = this.#host.limits;
    let ofAddress = 0;
    for (const { socket } of this.#entries) if (socket.peer === address) ofAddress++;
    const room = this.#entries.size < httpsConnections && ofAddress < httpsConnectionsPerAddress;
    if (!room || !this.#host.admits(address)) return closeQuietly(conn);
    conn.setNoDelay();
    const socket = new PacedTls(new TcpDuplex(conn), this.#context);
    const entry: Entry = { socket, speakBy: steadyNow() + httpsHandshakeMs, busy: 0 };
    this.#entries.add(entry);
    this.#bySocket.set(socket, entry);
    socket.once("close", () => this.#entries.delete(entry));
    socket.once("secure", () => {
      entry.speakBy = steadyNow() + this.#host.limits.httpsHeadersMs;
      this.#http.emit("connection", socket);
    });
  }

  #take(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const entry = this.#bySocket.get(request.socket as Duplex)!;
    const exchange = new Exchange(request, response, this.#host.limits, awaitsContinue);
    this.#exchanges.add(exchange);
    entry.busy++;
    // An aborted request tells so by "close" as well.
    request.on("error", () => {});
    response.on("error", () => {});
    response.on("close", () => {
      this.#exchanges.delete(exchange);
      entry.busy--;
      entry.speakBy = steadyNow() + this.#host.limits.httpsIdleMs;
    });
    this.#track(
      this.#host.web.handle(exchange).catch((error) => {
        logOf("xmpp-server").error("a request failed: {error}", { error });
        if (response.headersSent) exchange.abort();
        else exchange.say(500, "The server failed at this; its log says why.");
      }),
    );
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    const path = (request.url ?? "").split("?", 1)[0]!;
    const handler = this.#host.web.upgradeHandler(path);
    if (handler === undefined) return refuse(undefined, socket);
    // Whoever takes it over has deadlines of its own.
    this.#bySocket.get(socket)!.busy++;
    try {
      handler(request, socket, head);
    } catch (error) {
      logOf("xmpp-server").error("an upgrade failed: {error}", { error });
      socket.destroy();
    }
  }

  #track(work: Promise<void>): void {
    this.#handling.add(work);
    void work.finally(() => this.#handling.delete(work));
  }
}

/** Answers what is no proper request, and ends the connection. */
function refuse(error: (Error & { code?: string }) | undefined, socket: Duplex): void {
  if (socket.destroyed || !socket.writable) return void socket.destroy();
  const status = error?.code === "HPE_HEADER_OVERFLOW"
    ? "431 Request Header Fields Too Large"
    : "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => {
    socket.destroy();
  });
}
