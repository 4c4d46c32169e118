import { type SecureContext, TLSSocket } from "node:tls";
import type { TcpDuplex } from "./tcp_duplex.ts";

/**
 * The server's end of TLS over a connection that is read only while somebody takes what comes:
 * given a socket, node's TLS reads on while it is paused, and would hold a whole upload in memory.
 */
export class PacedTls extends TLSSocket {
  readonly peer: string;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(tcp: TcpDuplex, secureContext: SecureContext) {
    super(tcp as unknown as ConstructorParameters<typeof TLSSocket>[0], {
      isServer: true,
      secureContext,
      ALPNProtocols: ["http/1.1"],
    });
    this.peer = tcp.remoteAddress;
    tcp.ready = () => this.#stopped ? new Promise((resolve) => this.#wake = resolve) : undefined;
    tcp.on("close", () => this.destroy());
    this.on("error", () => tcp.destroy());
    this.on("close", () => {
      tcp.destroy();
      this.#go();
    });
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    const more = super.push(chunk, encoding);
    if (!more) this.#stopped = true;
    return more;
  }

  override _read(size: number): void {
    this.#go();
    super._read(size);
  }

  #go(): void {
    this.#stopped = false;
    this.#wake?.();
    this.#wake = undefined;
  }
}
