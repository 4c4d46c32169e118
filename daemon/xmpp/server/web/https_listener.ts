import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { logOf, steadyNow } from "../../../base/mod.ts";
import type { TlsIdentity } from "../connection.ts";
import { withFreePort } from "../listener.ts";
import { Exchange } from "./exchange.ts";
import type { WebLimits } from "./limits.ts";
import type { Web } from "./web.ts";

/** What the listener asks of the server. */
export interface WebHost {
  readonly web: Web;
  readonly limits: WebLimits;
  /** May a connection of this address come in, bans considered? */
  admits(address: string): boolean;
}

/** The HTTPS listener (HTTP/1.1 over TLS 1.2 at least). */
export class HttpsListener {
  readonly address: { readonly host: string; readonly port: number };
  readonly #host: WebHost;
  readonly #server: Server;
  readonly #sockets: Map<string, Entry>;
  readonly #exchanges = new Set<Exchange>();
  readonly #handling = new Set<Promise<void>>();

  private constructor(
    host: WebHost,
    server: Server,
    sockets: Map<string, Entry>,
    address: HttpsListener["address"],
  ) {
    this.#host = host;
    this.#server = server;
    this.#sockets = sockets;
    this.address = address;
    server.on("request", (request, response) => this.#take(request, response, false));
    server.on("checkContinue", (request, response) => this.#take(request, response, true));
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    server.on("clientError", refuse);
    // Told already: its raw socket is closed.
    server.on("tlsClientError", () => {});
    server.on("error", (error) => {
      logOf("xmpp-server").error("accepting an HTTPS connection failed: {error}", { error });
    });
  }

  /**
   * Listens on `name`; when `port` is taken or not ours to use, on any free one instead.
   * @throws SimppdError `cannot-listen`
   */
  static open(
    name: string,
    port: number,
    identity: TlsIdentity,
    host: WebHost,
  ): Promise<HttpsListener> {
    return withFreePort(name, port, (port) => HttpsListener.#bind(name, port, identity, host));
  }

  static async #bind(
    name: string,
    port: number,
    identity: TlsIdentity,
    host: WebHost,
  ): Promise<HttpsListener> {
    const { limits } = host;
    const server = createServer({
      cert: identity.certificatePem,
      key: identity.keyPem,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
      headersTimeout: limits.httpsHeadersMs,
      keepAliveTimeout: limits.httpsIdleMs,
      maxHeaderSize: limits.httpsHeaderBytes,
      connectionsCheckingInterval: Math.min(1_000, limits.httpsHeadersMs / 2),
      // How long bodies may take depends on their size: Exchange sees to it.
      requestTimeout: 0,
      insecureHTTPParser: false,
    });
    const sockets = new Map<string, Entry>();
    server.on("connection", (raw) => admit(raw, sockets, host));
    server.on("secureConnection", (socket) => {
      const entry = sockets.get(nameOf(socket));
      if (entry !== undefined) entry.handshakeBy = Infinity;
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, name, () => {
        server.off("error", reject);
        resolve();
      });
    });
    const bound = (server.address() as { port: number }).port;
    return new HttpsListener(host, server, sockets, { host: name, port: bound });
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Ends handshakes and requests that are too slow. */
  sweep(now: number): void {
    for (const { raw, handshakeBy } of this.#sockets.values()) if (now > handshakeBy) raw.destroy();
    for (const exchange of this.#exchanges) if (exchange.late(now)) exchange.abort();
  }

  /** Accepts no more; what was accepted stays. */
  stopAccepting(): void {
    this.#server.close();
  }

  /** Ends all connections, and waits until what was done for them has ended too. */
  async close(): Promise<void> {
    this.#server.close();
    for (const { raw } of this.#sockets.values()) raw.destroy();
    for (const exchange of this.#exchanges) exchange.abort();
    await Promise.all(this.#handling);
  }

  #take(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const exchange = new Exchange(request, response, this.#host.limits, awaitsContinue);
    this.#exchanges.add(exchange);
    // An aborted request tells so by "close" as well.
    request.on("error", () => {});
    response.on("error", () => {});
    response.on("close", () => this.#exchanges.delete(exchange));
    const done = this.#host.web.handle(exchange).catch((error) => {
      logOf("xmpp-server").error("a request failed: {error}", { error });
      if (response.headersSent) exchange.abort();
      else exchange.say(500, "The server failed at this; its log says why.");
    });
    this.#handling.add(done);
    void done.finally(() => this.#handling.delete(done));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    socket.on("error", () => socket.destroy());
    const path = (request.url ?? "").split("?", 1)[0]!;
    const handler = this.#host.web.upgradeHandler(path);
    if (handler === undefined) return refuse(undefined, socket);
    try {
      handler(request, socket, head);
    } catch (error) {
      logOf("xmpp-server").error("an upgrade failed: {error}", { error });
      socket.destroy();
    }
  }
}

/** A connection, from its TCP accept on. */
interface Entry {
  readonly raw: Socket;
  readonly address: string;
  /** By the steady clock; `Infinity` once TLS is set up. */
  handshakeBy: number;
}

/** The same for a TCP connection and for TLS within it. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Counts a connection in, or turns it away. */
function admit(raw: Socket, sockets: Map<string, Entry>, host: WebHost): void {
  const address = raw.remoteAddress ?? "";
  const { httpsConnections, httpsConnectionsPerAddress, httpsHandshakeMs } = host.limits;
  let ofAddress = 0;
  for (const other of sockets.values()) if (other.address === address) ofAddress++;
  const room = sockets.size < httpsConnections && ofAddress < httpsConnectionsPerAddress;
  raw.on("error", () => raw.destroy());
  if (!room || !host.admits(address)) return void raw.destroy();
  const name = nameOf(raw);
  sockets.set(name, { raw, address, handshakeBy: steadyNow() + httpsHandshakeMs });
  raw.on("close", () => sockets.delete(name));
}

const STATUS: Record<string, string> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Answers what is no proper request, and ends the connection. */
function refuse(error: (Error & { code?: string }) | undefined, socket: Duplex): void {
  if (socket.destroyed || !socket.writable) return void socket.destroy();
  const status = STATUS[error?.code ?? ""] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => {
    socket.destroy();
  });
}
