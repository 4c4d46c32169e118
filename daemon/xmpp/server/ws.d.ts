// The part of ws that the server stands on; the package brings no types.

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

export class WebSocket {
  readonly bufferedAmount: number;
  on(event: "message", listener: (data: Uint8Array, isBinary: boolean) => void): this;
  on(event: "ping", listener: (data: Uint8Array) => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  on(event: "close", listener: () => void): this;
  send(data: string, sent: () => void): void;
  pong(data: Uint8Array): void;
  pause(): void;
  resume(): void;
  close(code: number): void;
  terminate(): void;
}

export class WebSocketServer {
  constructor(options: {
    noServer: true;
    clientTracking: false;
    maxFragments: number;
    maxPayload: number;
    perMessageDeflate: false;
    autoPong: false;
    handleProtocols(protocols: Set<string>): string | false;
  });
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Uint8Array,
    done: (ws: WebSocket) => void,
  ): void;
}
