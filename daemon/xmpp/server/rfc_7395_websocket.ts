import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
// @ts-types="./ws.d.ts"
import { type WebSocket, WebSocketServer } from "ws";
import { addressOf } from "./address.ts";
import type { Entrance } from "./stream/entrance.ts";
import type { Host } from "./host.ts";
import { limitsAfterAuth } from "./limits.ts";
import { standingAlone, webSocketFraming } from "./stream/websocket_framing.ts";
import type { Wire, WireListener } from "./stream/wire.ts";

const PATH = "/xmpp-websocket";
/** Of one message: each fragment costs memory beside its bytes. */
const MOST_FRAGMENTS = 256;
/** What a ping costs of a client's rate, in bytes. */
const PING_COST = 256;
/** While more than this waits for the client, its pings go unanswered. */
const MOST_BEFORE_PONG = 65_536;

/** XMPP over WebSocket (RFC 7395): the streams of the TCP port, in messages. */
export function offerWebSocket({ web, options, limits }: Host, entrance: Entrance): void {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxFragments: MOST_FRAGMENTS,
    maxPayload: limitsAfterAuth(limits).bytes,
    perMessageDeflate: false,
    autoPong: false,
    handleProtocols: (protocols) => protocols.has("xmpp") && "xmpp",
  });
  const mayCome = (origin: string) =>
    origin === URL.parse(web.url)?.origin || (options.webOrigins ?? []).includes(origin);

  web.route(PATH, (exchange) => exchange.say(426, "WebSocket it is.", { upgrade: "websocket" }));
  web.upgrade(PATH, (request, socket, head) => {
    const { origin } = request.headers;
    // A page of elsewhere could use whatever its browser holds, or guess passwords from within.
    if (origin !== undefined && !mayCome(origin)) return refuse(socket, "403 Forbidden");
    if (!speaksXmpp(request)) return refuse(socket, "400 Bad Request");
    const address = addressOf(socket instanceof Socket ? socket.remoteAddress : undefined);
    if (!entrance.admits(address)) return refuse(socket, "503 Service Unavailable");
    server.handleUpgrade(request, socket, head, (ws) => {
      entrance.begin({
        address,
        open: (listener) => new WebSocketWire(ws, listener),
        framing: webSocketFraming,
      });
    });
  });
}

function speaksXmpp({ headers }: IncomingMessage): boolean {
  const offered = headers["sec-websocket-protocol"]?.split(",") ?? [];
  return offered.some((name) => name.trim() === "xmpp");
}

function refuse(socket: Duplex, status: string): void {
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  socket.end(head, () => socket.destroy());
}

/** A WebSocket under a stream; its TLS is set up. */
class WebSocketWire implements Wire {
  readonly secure = true;
  readonly #ws: WebSocket;

  constructor(ws: WebSocket, listener: WireListener) {
    this.#ws = ws;
    ws.on("message", (data, isBinary) => {
      // Section 3.2: text only.
      if (isBinary) listener.onError();
      else listener.onBytes(data);
    });
    ws.on("ping", (data) => {
      listener.onNoise(PING_COST);
      if (ws.bufferedAmount < MOST_BEFORE_PONG) ws.pong(data);
    });
    ws.on("error", () => listener.onError());
    ws.on("close", () => listener.onClosed());
  }

  get waiting(): number {
    return this.#ws.bufferedAmount;
  }

  write(texts: readonly string[], taken: () => void): void {
    const last = texts.length - 1;
    texts.forEach((text, i) => this.#ws.send(standingAlone(text), i === last ? taken : () => {}));
  }

  pause(): void {
    this.#ws.pause();
  }
  resume(): void {
    this.#ws.resume();
  }
  end(): void {
    this.#ws.close(1000);
  }
  destroy(): void {
    this.#ws.terminate();
  }
}
