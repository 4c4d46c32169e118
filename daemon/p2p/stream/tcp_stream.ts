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
  WHOLE_RECORD,
} from "./tcp_records.ts";

/** Records that are sent, read and handed on together: each call costs as much as a record. */
const TOGETHER = 4;
const BUFFER = TOGETHER * WHOLE_RECORD;
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
  readonly #buffer = new Uint8Array(BUFFER);

  /** @param stallMs how long nothing may move */
  constructor({ conn, nonces }: ProvenConnection, keys: StreamKeys, stallMs = STALL_MS) {
    this.#connection = new Connection(conn, stallMs);
    this.#sealer = new RecordSealer(recordKey(keys.records, nonces));
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      let length = 0;
      for (let count = 0; count < TOGETHER && at < bytes.length; count++) {
        const piece = bytes.subarray(at, at += RECORD_BYTES);
        length += this.#sealer.seal(piece, false, this.#buffer.subarray(length));
      }
      await this.#send(length);
    }
  }

  async finish(): Promise<void> {
    await this.#send(this.#sealer.seal(new Uint8Array(0), true, this.#buffer));
    // The receiver closes when it has read the end: only then our kernel has nothing left.
    const nothing = new Uint8Array(1);
    await this.#connection.move((conn) => conn.read(nothing), CLOSING_MS).catch(() => {});
    this.close();
  }

  close(): void {
    this.#connection.end(cut("it was closed on this side"));
  }

  async #send(length: number): Promise<void> {
    for (let at = 0; at < length;) {
      at += await this.#connection.move((conn) => conn.write(this.#buffer.subarray(at, length)));
    }
  }
}

/** The receiving end of a stream over TCP. */
export class TcpReceivingStream implements ReceivingStream {
  readonly kind = "tcp";
  readonly #connection: Connection;
  readonly #opener: RecordOpener;
  readonly #buffer = new Uint8Array(BUFFER);
  readonly #opened = new Uint8Array(BUFFER);
  #from = 0;
  #to = 0;
  #complete = false;

  /** @param stallMs how long nothing may move */
  constructor({ conn, nonces }: ProvenConnection, keys: StreamKeys, stallMs = STALL_MS) {
    this.#connection = new Connection(conn, stallMs);
    this.#opener = new RecordOpener(recordKey(keys.records, nonces));
  }

  async read(): Promise<Bytes | null> {
    let length = 0;
    while (length === 0 && !this.#complete) {
      await this.#fill(RECORD_HEADER);
      try {
        await this.#fill(RecordOpener.lengthOf(this.#rest));
        length = this.#openAll();
      } catch (error) {
        throw this.#connection.end(error as SimppdError);
      }
    }
    if (this.#complete) this.close();
    return length === 0 ? null : this.#opened.subarray(0, length);
  }

  close(): void {
    this.#connection.end(cut("it was closed on this side"));
  }

  /**
   * Opens the record that is there, and those behind it that are there whole too.
   * @returns the bytes in them
   */
  #openAll(): number {
    let length = this.#open(0);
    while (!this.#complete && this.#to - this.#from >= RECORD_HEADER) {
      try {
        if (RecordOpener.lengthOf(this.#rest) > this.#rest.length) break;
        length += this.#open(length);
      } catch {
        // What came before it is handed on; the next read meets it first.
        break;
      }
    }
    return length;
  }

  get #rest(): Uint8Array {
    return this.#buffer.subarray(this.#from, this.#to);
  }

  #open(at: number): number {
    const length = RecordOpener.lengthOf(this.#rest);
    const { bytes, last } = this.#opener.open(this.#rest.subarray(0, length));
    this.#opened.set(bytes, at);
    this.#from += length;
    this.#complete = last;
    return bytes.length;
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
