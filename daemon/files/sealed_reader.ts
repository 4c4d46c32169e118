import { type Bytes, SimppdError } from "../base/mod.ts";
import { equal, OpenError } from "../crypto/mod.ts";
import type { FileDescriptor } from "./descriptor.ts";
import { CHUNK, decodeHeader, FileCipher, HEADER_LENGTH, sealedLength } from "./sealing.ts";

/** Chunks read at once by who reads all. */
const BATCH = 16;

/** What of a descriptor opens a sealed file. */
export type Opening = Pick<FileDescriptor, "suite" | "size" | "commitment"> & {
  readonly key: Bytes;
};

/**
 * A sealed file on the disk, read at any place: only the chunks touched are opened, and nothing is
 * given that was not authenticated. That the file is the sender's as a whole says its SHA-256, which
 * is checked before.
 */
export class SealedSource {
  /** Bytes of the plaintext. */
  readonly size: number;
  readonly #file: Deno.FsFile;
  readonly #cipher: FileCipher;
  /** The chunk opened last: who seeks reads little by little. */
  #held: { index: number; plain: Bytes } | undefined;
  /** Reads go one after another: a file has one position. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: Deno.FsFile, cipher: FileCipher) {
    this.#file = file;
    this.#cipher = cipher;
    this.size = cipher.header.size;
  }

  /**
   * Opens the sealed file at `path`.
   * @throws OpenError when it is not what the descriptor says
   */
  static async open(path: string, opening: Opening): Promise<SealedSource> {
    const file = await Deno.open(path);
    try {
      const header = decodeHeader(await exactly(file, 0, HEADER_LENGTH));
      const { size, suite } = opening;
      if (header.size !== size || header.suite !== suite) throw new OpenError();
      if ((await file.stat()).size !== sealedLength(suite, size)) throw new OpenError();
      const cipher = new FileCipher(opening.key, header);
      if (!equal(cipher.commitment, opening.commitment)) throw new OpenError();
      return new SealedSource(file, cipher);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Plain bytes from `offset` on: `length` of them, fewer at the end.
   * @throws OpenError when a touched chunk was changed; RangeError
   */
  read(offset: number, length: number): Promise<Bytes> {
    const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
    if (!whole || offset < 0 || length < 0) throw new RangeError("no such part of a file");
    return this.#alone(() => this.#read(offset, length));
  }

  /** All of it or what stands from `offset` on, in pieces of up to 1 MiB. @throws OpenError */
  async *chunks(offset = 0, length = Infinity): AsyncGenerator<Bytes, void, void> {
    const end = Math.min(this.size, offset + length);
    if (this.size === 0) await this.#alone(() => this.#chunk(0));
    for (let at = offset; at < end;) {
      const most = BATCH * CHUNK - at % CHUNK;
      const piece = await this.read(at, Math.min(most, end - at));
      at += piece.length;
      yield piece;
    }
  }

  /** Closes the file, after reads that are under way. */
  async close(): Promise<void> {
    await this.#alone(() => Promise.resolve(this.#file.close()));
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #read(offset: number, length: number): Promise<Bytes> {
    const end = Math.min(this.size, offset + length);
    if (offset >= end) return new Uint8Array();
    const [first, last] = [Math.floor(offset / CHUNK), Math.floor((end - 1) / CHUNK)];
    if (first === last) {
      const plain = await this.#chunk(first);
      return plain.slice(offset - first * CHUNK, end - first * CHUNK);
    }
    const start = this.#cipher.place(first).offset;
    const final = this.#cipher.place(last);
    const sealed = await exactly(this.#file, start, final.offset + final.length - start);
    const out = new Uint8Array(end - offset);
    for (let index = first; index <= last; index++) {
      const place = this.#cipher.place(index);
      const at = place.offset - start;
      const plain = this.#cipher.open(index, sealed.subarray(at, at + place.length));
      const begin = index * CHUNK;
      const part = plain.subarray(Math.max(0, offset - begin), end - begin);
      out.set(part, Math.max(0, begin - offset));
    }
    return out;
  }

  async #chunk(index: number): Promise<Bytes> {
    if (this.#held?.index === index) return this.#held.plain;
    const { offset, length } = this.#cipher.place(index);
    const plain = this.#cipher.open(index, await exactly(this.#file, offset, length));
    this.#held = { index, plain };
    return plain;
  }
}

/** So many bytes of a file; less is as good as changed. */
async function exactly(file: Deno.FsFile, offset: number, length: number): Promise<Bytes> {
  const bytes = new Uint8Array(length);
  await file.seek(offset, Deno.SeekMode.Start);
  for (let at = 0; at < length;) {
    const got = await file.read(bytes.subarray(at));
    if (got === null) throw new OpenError();
    at += got;
  }
  return bytes;
}

/** What is said of a file that has not come, or whose key has not. */
export function notHere(): SimppdError {
  return new SimppdError("file-not-here", "This file is not here yet; fetch it first.");
}
