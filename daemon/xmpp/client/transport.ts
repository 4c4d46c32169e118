import type { Socket } from "node:net";

/** Bytes both ways over one connection. */
export interface Transport {
  /** The next bytes, good until the next call; `null` at the end. One call at a time. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when the bytes are with the operating system. One call at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Drops the connection; a waiting read or write ends. */
  close(): void;
  /** The certificate the server showed, in DER; `undefined` in clear. */
  readonly certificate: Uint8Array | undefined;
  /**
   * `stream`: bytes flow, and how they are cut means nothing (RFC 6120). `websocket`: each read and
   * write is one message, which holds one element (RFC 7395).
   */
  readonly framing: "stream" | "websocket";
}

/** A socket of node:net or node:tls. Read on demand, so that the sender is slowed down by us. */
export class SocketTransport implements Transport {
  readonly framing = "stream";
  readonly certificate: Uint8Array | undefined;
  readonly #socket: Socket;
  #error: Error | undefined;
  #ended = false;
  #wake: (() => void) | undefined;
  readonly #onReadable = () => this.#wake?.();
  readonly #onEnd = () => {
    this.#ended = true;
    this.#wake?.();
  };
  readonly #onError = (error: Error) => {
    this.#error ??= error;
    this.#onEnd();
  };

  constructor(socket: Socket, certificate?: Uint8Array) {
    this.#socket = socket;
    this.certificate = certificate;
    socket.on("readable", this.#onReadable);
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onEnd);
    socket.on("error", this.#onError);
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = this.#socket.read() as Uint8Array | null;
      if (chunk !== null) return chunk;
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#error ?? new Error("the connection is closed"));
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  close(): void {
    this.#ended = true;
    this.#socket.destroy();
    this.#wake?.();
  }
}
