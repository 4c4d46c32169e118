// The part of ws that this project stands on; the package brings no types.

import type { TLSSocket } from "node:tls";

export class WebSocket {
  constructor(url: string, protocol: string, options: {
    createConnection: () => TLSSocket;
    followRedirects: boolean;
    handshakeTimeout: number;
    maxPayload: number;
    perMessageDeflate: boolean;
  });
  readonly protocol: string;
  readonly isPaused: boolean;
  on(event: "message", listener: (data: Uint8Array, isBinary: boolean) => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  once(event: "open" | "close", listener: () => void): this;
  send(data: Uint8Array, options: { binary: boolean }, sent: (error?: Error) => void): void;
  pause(): void;
  resume(): void;
  terminate(): void;
}

/** Used by tests only. */
export class WebSocketServer {
  constructor(options: {
    noServer: true;
    handleProtocols: (offered: Set<string>) => string | false;
  });
  handleUpgrade(
    request: unknown,
    socket: unknown,
    head: unknown,
    done: (ws: WebSocket & { send(data: Uint8Array | string): void }) => void,
  ): void;
}
