import type { Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { pacedTls } from "../../core/mod.ts";
import type { Wire, WireListener } from "./wire.ts";

/** Certificate and key, PEM. */
export interface TlsIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** What the server's end of TLS needs, made once for all connections; TLS 1.2 at least. */
export function secureContext({ certificatePem: cert, keyPem: key }: TlsIdentity): SecureContext {
  return createSecureContext({ cert, key, minVersion: "TLSv1.2" });
}

/** TLS over a TCP connection, which is not read while this is paused. */
export class TlsWire implements Wire {
  readonly #raw: Socket;
  readonly #socket: TLSSocket;
  #secure = false;

  /** @param raw not flowing and without a `data` listener, so that no clear byte passes */
  constructor(raw: Socket, secureContext: SecureContext, listener: WireListener) {
    this.#raw = raw;
    raw.setNoDelay(true);
    raw.on("error", () => listener.onError());
    const tls = new TLSSocket(raw, {
      isServer: true,
      secureContext,
      ALPNProtocols: ["xmpp-client"],
    });
    const socket = this.#socket = pacedTls(tls, raw);
    socket.on("error", () => listener.onError());
    socket.on("secure", () => this.#secure = true);
    socket.on("data", (bytes) => listener.onBytes(bytes as Uint8Array));
    socket.on("end", () => listener.onEnd());
    socket.on("close", () => listener.onClosed());
  }

  get secure(): boolean {
    return this.#secure;
  }
  get waiting(): number {
    return this.#socket.writableLength;
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
