import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import { logOf, steadyNow } from "../../../base/mod.ts";
import { pacedTls } from "../../core/mod.ts";
import { Listener } from "../stream/listener.ts";
import { secureContext, type TlsIdentity } from "../stream/tls_wire.ts";
import { Exchange } from "./exchange.ts";
import type { WebLimits } from "./limits.ts";
import type { Web } from "./web.ts";
import { addressOf } from "../address.ts";

/** What the listener asks of the server. */
export interface WebHost {
  readonly web: Web;
  readonly limits: WebLimits;
  /** May a connection of this address come in, bans considered? */
  admits(address: string): boolean;
}

/** A connection, from its TCP accept on. */
interface Entry {
  readonly socket: TLSSocket;
  readonly address: string;
  /** By when, on the steady clock, its handshake must be over or its next request be there. */
  speakBy: number;
  /** Requests under way. */
  busy: number;
}

/** The HTTPS listener: HTTP/1.1 over TLS 1.2 at least. */
export class HttpsListener {
  readonly #host: WebHost;
  #listener: Listener | undefined;
  readonly #context: SecureContext;
  readonly #http: Server;
  readonly #entries = new Set<Entry>();
  readonly #bySocket = new WeakMap<Duplex, Entry>();
  readonly #exchanges = new Set<Exchange>();
  readonly #handling = new Set<Promise<void>>();

  private constructor(host: WebHost, identity: TlsIdentity) {
    this.#host = host;
    this.#context = secureContext(identity);
    // It parses and writes HTTP on connections that are handed to it, and listens nowhere itself.
    this.#http = createServer({ maxHeaderSize: host.limits.httpsHeaderBytes });
    this.#http.on("request", (request, response) => this.#take(request, response, false));
    this.#http.on("checkContinue", (request, response) => this.#take(request, response, true));
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on("clientError", refuse);
  }

  /**
   * Listens on `name`; when `port` is taken or not ours to use, on any free one instead.
   * @throws SimppdError `cannot-listen`
   */
  static async open(
    name: string,
    port: number,
    identity: TlsIdentity,
    host: WebHost,
  ): Promise<HttpsListener> {
    const https = new HttpsListener(host, identity);
    https.#listener = await Listener.open(name, port, (raw) => https.#admit(raw));
    return https;
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#listener!.address;
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
    this.#listener?.close();
  }

  /** Ends all connections, and waits until what was done for them has ended too. */
  async close(): Promise<void> {
    this.stopAccepting();
    for (const { socket } of this.#entries) socket.destroy();
    await Promise.all(this.#handling);
  }

  /** Counts a connection in, or turns it away. */
  #admit(raw: Socket): void {
    const address = addressOf(raw.remoteAddress);
    raw.on("error", () => raw.destroy());
    const { httpsConnections, httpsConnectionsPerAddress, httpsHandshakeMs } = this.#host.limits;
    let ofAddress = 0;
    for (const entry of this.#entries) if (entry.address === address) ofAddress++;
    const room = this.#entries.size < httpsConnections && ofAddress < httpsConnectionsPerAddress;
    if (!room || !this.#host.admits(address)) return void raw.destroy();
    raw.setNoDelay(true);
    const tls = new TLSSocket(raw, {
      isServer: true,
      secureContext: this.#context,
      ALPNProtocols: ["http/1.1"],
    });
    const socket = pacedTls(tls, raw);
    socket.on("error", () => raw.destroy());
    raw.on("close", () => socket.destroy());
    const entry: Entry = { socket, address, speakBy: steadyNow() + httpsHandshakeMs, busy: 0 };
    this.#entries.add(entry);
    this.#bySocket.set(socket, entry);
    socket.once("close", () => {
      raw.destroy();
      this.#entries.delete(entry);
    });
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
