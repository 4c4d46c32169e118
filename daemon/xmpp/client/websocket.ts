import type { TLSSocket } from "node:tls";
// @ts-types="./ws.d.ts"
import { WebSocket } from "ws";
import { SimppdError } from "../../base/mod.ts";
import { LIMITS_OF_SERVER } from "../core/mod.ts";
import type { Endpoint } from "./endpoints.ts";
import type { Transport } from "./transport.ts";

const HANDSHAKE_MS = 10_000;
/** Bytes read ahead of what is taken; then the socket is read no more until some are. */
const MAX_AHEAD = 1_048_576;

/**
 * XMPP over WebSocket (RFC 7395) on a TLS connection whose certificate is checked already, so that
 * pins and channel binding hold as they do without.
 * @throws SimppdError `websocket-failed` when the other end speaks no XMPP over WebSocket
 */
export async function openWebSocket(
  socket: TLSSocket,
  { host, port, path = "/" }: Endpoint,
  certificate: Uint8Array,
  signal: AbortSignal,
): Promise<Transport> {
  const address = host.includes(":") ? `[${host}]` : host;
  // "ws:", because the socket it is given is the encrypted one; there is no other.
  const ws = new WebSocket(`ws://${address}:${port}${path}`, "xmpp", {
    createConnection: () => socket,
    followRedirects: false,
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: LIMITS_OF_SERVER.passedOver,
    perMessageDeflate: false,
  });
  const transport = new WebSocketTransport(ws, certificate);
  const abort = () => transport.close();
  signal.addEventListener("abort", abort, { once: true });
  try {
    await transport.opened;
    if (ws.protocol !== "xmpp") throw new Error("the server does not speak XMPP there");
    return transport;
  } catch (error) {
    transport.close();
    socket.destroy();
    throw new SimppdError(
      "websocket-failed",
      `${host} does not offer XMPP over WebSocket at ${path}.`,
      error,
    );
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

class WebSocketTransport implements Transport {
  readonly framing = "websocket";
  /** Resolves when the handshake is through. */
  readonly opened: Promise<void>;
  readonly #ws: WebSocket;
  #messages: Uint8Array[] = [];
  #ahead = 0;
  #error: Error | undefined;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(ws: WebSocket, readonly certificate: Uint8Array) {
    this.#ws = ws;
    this.opened = new Promise((resolve, reject) => {
      ws.once("open", () => resolve());
      ws.on("error", (error) => {
        this.#error ??= error;
        reject(error);
        this.#end();
      });
      ws.once("close", () => {
        reject(new Error("the connection was closed"));
        this.#end();
      });
    });
    ws.on("message", (data, isBinary) => {
      // RFC 7395 section 3.2: text only.
      if (isBinary) return ws.terminate();
      this.#messages.push(data);
      this.#ahead += data.length;
      if (this.#ahead >= MAX_AHEAD) ws.pause();
      this.#wake?.();
    });
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) {
        this.#ahead -= message.length;
        if (this.#ws.isPaused && this.#ahead < MAX_AHEAD) this.#ws.resume();
        return message;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#error ?? new Error("the connection is closed"));
      this.#ws.send(bytes, { binary: false }, (error) => error ? reject(error) : resolve());
    });
  }

  close(): void {
    this.#ws.terminate();
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#wake?.();
  }
}
