import { type Bytes, concat, fromUtf8, utf8 } from "./bytes.ts";

/**
 * Builds the one deterministic binary form that everything signed, hashed or sent by simppd has:
 * big-endian integers and length-prefixed fields, in a fixed order (docs/protocol.md "Encoding").
 */
export class WireWriter {
  #parts: Uint8Array[] = [];

  /** Fixed-size bytes, without a length. */
  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }
  u8(value: number): this {
    return this.raw(Uint8Array.of(value));
  }
  u16(value: number): this {
    const out = new Uint8Array(2);
    new DataView(out.buffer).setUint16(0, value);
    return this.raw(out);
  }
  u32(value: number): this {
    const out = new Uint8Array(4);
    new DataView(out.buffer).setUint32(0, value);
    return this.raw(out);
  }
  /** Whole numbers up to 2^53 − 1 in eight bytes. */
  u64(value: number): this {
    const out = new Uint8Array(8);
    new DataView(out.buffer).setBigUint64(0, BigInt(value));
    return this.raw(out);
  }
  /** Bytes behind a two-byte length; at most 65,535. */
  bytes(value: Uint8Array): this {
    if (value.length > 0xffff) throw new RangeError(`field of ${value.length} bytes, 65535 fit`);
    return this.u16(value.length).raw(value);
  }
  /** UTF-8 text behind a two-byte length. */
  text(value: string): this {
    return this.bytes(utf8(value));
  }
  finish(): Bytes {
    return concat(...this.#parts);
  }
}

/** Reads what {@link WireWriter} wrote. Every read throws RangeError past the end. */
export class WireReader {
  #at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  /** A copy of the next `length` bytes. */
  raw(length: number): Bytes {
    if (length > this.left) throw new RangeError(`${length} bytes wanted, ${this.left} left`);
    const out = this.#bytes.slice(this.#at, this.#at + length) as Bytes;
    this.#at += length;
    return out;
  }
  u8(): number {
    return this.#take(1, (at) => this.#view.getUint8(at));
  }
  u16(): number {
    return this.#take(2, (at) => this.#view.getUint16(at));
  }
  u32(): number {
    return this.#take(4, (at) => this.#view.getUint32(at));
  }
  u64(): number {
    const value = this.#take(8, (at) => this.#view.getBigUint64(at));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError("integer past 2^53");
    return Number(value);
  }
  bytes(): Bytes {
    return this.raw(this.u16());
  }
  text(): string {
    return fromUtf8(this.bytes());
  }
  /** @throws RangeError when bytes are left over: a second reading of the same data must not exist */
  end(): void {
    if (this.left !== 0) throw new RangeError(`${this.left} bytes after the end`);
  }

  #take<T>(length: number, read: (at: number) => T): T {
    if (length > this.left) throw new RangeError(`${length} bytes wanted, ${this.left} left`);
    const value = read(this.#at);
    this.#at += length;
    return value;
  }
}
