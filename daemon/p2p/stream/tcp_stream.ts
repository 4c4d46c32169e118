import type { Bytes, SimppdError } from "../../base/mod.ts";
import type { StreamKeys } from "./keys.ts";
import { cut, type ReceivingStream, type SendingStream, STALL_MS, stalled } from "./stream.ts";
import { closeQuietly, type ProvenConnection } from "./tcp_proof.ts";
import {
  RECORD_BYTES,
  RECORD_HEADER,
  recordKey,
  RecordOpener,
  RecordSealer,
} from "./tcp_records.ts";

const BUFFER = 4 * (RECORD_BYTES + 64);
const CLOSING_MS = 10_000;

/** What both ends share: a connection that ends when nothing moves, and why it ended. */
class Connection {
  readonly #conn: Deno.Conn;
  readonly #stallMs: number;
  #ended: SimppdError | undefined;

  constructor(conn: Deno.Conn, stallMs: number) {
    this.#conn = conn;
    this.#stallMs = stallMs;
  }

  /** Runs one read or write; when it does not end in time the connection is closed. */
  async move<T>(work: (conn: Deno.Conn) => Promise<T>, ms = this.#stallMs): Promise<T> {
    if (this.#ended !== undefined) throw this.#ended;
    const timer = setTimeout(() => this.end(stalled()), ms);
    try {
      return await work(this.#conn);
    } catch (error) {
      this.end(cut("the connection broke", error));
      throw this.#ended;
    } finally {
      clearTimeout(timer);
    }
  }

  end(reason: SimppdError): SimppdError {
    this.#ended ??= reason;
    closeQuietly(this.#conn);
    return this.#ended;
  }
}

/** The sending end of a stream over TCP. */
export class TcpSendingStream implements SendingStream {
  readonly kind = "tcp";
  readonly #connection: Connection;
  readonly #sealer: RecordSealer;

  /** @param stallMs how long nothing may move */
  constructor({ conn, nonces }: ProvenConnection, keys: StreamKeys, stallMs = STALL_MS) {
    this.#connection = new Connection(conn, stallMs);
    this.#sealer = new RecordSealer(recordKey(keys.records, nonces));
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
      await this.#send(this.#sealer.seal(bytes.subarray(at, at + RECORD_BYTES), false));
    }
  }

  async finish(): Promise<void> {
    await this.#send(this.#sealer.seal(new Uint8Array(0), true));
    // The receiver closes when it has read the end: only then our kernel has nothing left.
    const nothing = new Uint8Array(1);
    await this.#connection.move((conn) => conn.read(nothing), CLOSING_MS).catch(() => {});
    this.close();
  }

  close(): void {
    this.#connection.end(cut("it was closed on this side"));
  }

  async #send(record: Bytes): Promise<void> {
    for (let at = 0; at < record.length;) {
      at += await this.#connection.move((conn) => conn.write(record.subarray(at)));
    }
  }
}

/** The receiving end of a stream over TCP. */
export class TcpReceivingStream implements ReceivingStream {
  readonly kind = "tcp";
  readonly #connection: Connection;
  readonly #opener: RecordOpener;
  readonly #buffer = new Uint8Array(BUFFER);
  #from = 0;
  #to = 0;
  #complete = false;

  /** @param stallMs how long nothing may move */
  constructor({ conn, nonces }: ProvenConnection, keys: StreamKeys, stallMs = STALL_MS) {
    this.#connection = new Connection(conn, stallMs);
    this.#opener = new RecordOpener(recordKey(keys.records, nonces));
  }

  async read(): Promise<Bytes | null> {
    while (!this.#complete) {
      await this.#fill(RECORD_HEADER);
      const length = this.#checked(() =>
        RecordOpener.lengthOf(this.#buffer.subarray(this.#from, this.#to))
      );
      await this.#fill(length);
      const record = this.#buffer.subarray(this.#from, this.#from + length);
      const { bytes, last } = this.#checked(() => this.#opener.open(record));
      this.#from += length;
      this.#complete = last;
      if (bytes.length > 0) return bytes;
    }
    this.close();
    return null;
  }

  close(): void {
    this.#connection.end(cut("it was closed on this side"));
  }

  #checked<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#connection.end(error as SimppdError);
    }
  }

  /** Reads until `length` bytes are there. */
  async #fill(length: number): Promise<void> {
    if (this.#to - this.#from >= length) return;
    if (this.#from + length > BUFFER) {
      this.#buffer.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
    }
    while (this.#to - this.#from < length) {
      const count = await this.#connection.move((conn) =>
        conn.read(this.#buffer.subarray(this.#to))
      );
      if (count === null) throw this.#connection.end(cut("it ended too early"));
      this.#to += count;
    }
  }
}
