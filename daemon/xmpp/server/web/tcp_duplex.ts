import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { setImmediate } from "node:timers";
import { addressOf } from "../address.ts";

const PIECE = 65_536;

/** A TCP connection as a stream of node's, read a piece at a time when `ready` says so. */
export class TcpDuplex extends Duplex {
  readonly remoteAddress: string;
  /** Resolves when the next piece may be read; undefined: at once. */
  ready: () => Promise<void> | undefined = () => undefined;
  readonly #conn: Deno.TcpConn;
  readonly #buffer = new Uint8Array(PIECE);

  constructor(conn: Deno.TcpConn) {
    super({ readableHighWaterMark: PIECE, writableHighWaterMark: PIECE });
    this.#conn = conn;
    this.remoteAddress = addressOf(conn.remoteAddr.hostname);
    this.on("error", () => {});
  }

  override _read(): void {
    // Two turns of the event loop: only then has the last piece come out of TLS, or not.
    setImmediate(() =>
      setImmediate(() => {
        const ready = this.ready();
        if (ready === undefined) this.#piece();
        else void ready.then(() => this.#piece());
      })
    );
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    this.#write(bytes).then(() => done(), done);
  }

  override _final(done: () => void): void {
    this.#conn.closeWrite().then(done, () => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    closeQuietly(this.#conn);
    done(error);
  }

  #piece(): void {
    if (this.destroyed) return;
    this.#conn.read(this.#buffer).then(
      (n) => this.push(n === null ? null : Buffer.copyBytesFrom(this.#buffer, 0, n)),
      (error) => this.destroy(error),
    );
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }
}

/** Closes a connection or listener that may be closed. */
export function closeQuietly(conn: { close(): void }): void {
  try {
    conn.close();
  } catch {
    // It was.
  }
}
