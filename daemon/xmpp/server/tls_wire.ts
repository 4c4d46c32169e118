import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Wire, WireListener } from "./wire.ts";

/** Certificate and key, PEM. */
export interface TlsIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** TLS (1.2 at least) over a TCP connection. */
export class TlsWire implements Wire {
  readonly #raw: Socket;
  readonly #socket: TLSSocket;
  #secure = false;
  #told = 0;

  /** @param raw not flowing and without a `data` listener, so that no clear byte passes */
  constructor(raw: Socket, identity: TlsIdentity, listener: WireListener) {
    this.#raw = raw;
    raw.setNoDelay(true);
    raw.on("error", () => listener.onError());
    const socket = this.#socket = new TLSSocket(raw, {
      isServer: true,
      cert: identity.certificatePem,
      key: identity.keyPem,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["xmpp-client"],
    });
    socket.on("error", () => listener.onError());
    socket.on("secure", () => this.#secure = true);
    socket.on("data", (bytes) => {
      this.#told += (bytes as Uint8Array).length;
      listener.onBytes(bytes as Uint8Array);
    });
    socket.on("end", () => listener.onEnd());
    socket.on("close", () => listener.onClosed());
  }

  get secure(): boolean {
    return this.#secure;
  }
  get waiting(): number {
    return this.#socket.writableLength;
  }

  get ahead(): number {
    return this.#socket.bytesRead - this.#told;
  }

  write(texts: readonly string[], taken: () => void): void {
    this.#socket.write(texts.join(""), taken);
  }

  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  end(): void {
    this.#socket.end();
  }
  destroy(): void {
    this.#socket.destroy();
    this.#raw.destroy();
  }
}
