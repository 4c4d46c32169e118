import { type Bytes, fromUtf8, utf8 } from "./bytes.ts";

/** Bytes a writer has room for at first. */
const ROOM = 256;

/**
 * Builds the one deterministic binary form that everything signed, hashed or sent by simppd has:
 * big-endian integers and length-prefixed fields, in a fixed order (docs/protocol.md "Encoding").
 */
export class WireWriter {
  /** Grows by doubling: most of what is written is short, and a field each would be an array. */
  #bytes: Bytes = new Uint8Array(ROOM);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** Fixed-size bytes, without a length. */
  raw(bytes: Uint8Array): this {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }
  u8(value: number): this {
    const at = this.#take(1);
    this.#bytes[at] = value;
    return this;
  }
  u16(value: number): this {
    const at = this.#take(2);
    this.#view.setUint16(at, value);
    return this;
  }
  u32(value: number): this {
    const at = this.#take(4);
    this.#view.setUint32(at, value);
    return this;
  }
  /** Whole numbers up to 2^53 − 1 in eight bytes. */
  u64(value: number): this {
    const at = this.#take(8);
    this.#view.setBigUint64(at, BigInt(value));
    return this;
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
    return this.#bytes.slice(0, this.#at);
  }

  #take(length: number): number {
    const at = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#at, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
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
