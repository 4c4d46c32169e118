import { type Bytes, SimppdError, utf8, WireReader, WireWriter } from "../base/mod.ts";
import {
  cbcHmacOpen,
  cbcHmacSeal,
  chachaOpen,
  chachaSealInto,
  equal,
  hkdf,
  hmacSha256,
  OpenError,
  type Random,
  sha256,
} from "../crypto/mod.ts";

/** How a file is sealed: today's way, and the one of the SIMPP paper's algorithms. */
export type FileSuite = "chacha20-poly1305" | "aes-128-cbc-hmac";

/** Plain bytes in every chunk but the last. */
export const CHUNK = 65_536;
/** Bytes in front of the first sealed chunk. */
export const HEADER_LENGTH = 64;
/** Bytes of a file's key. */
export const FILE_KEY_LENGTH = 32;

const MAGIC = utf8("SIMPPF1\0");
const CHUNK_LOG2 = 16;
const SALT = 32;
const PURPOSE = utf8("simppd file 1");
const COMMITMENT = utf8("commit");
const TAG = 16;
const PREFIX = 7;
const BLOCK = 16;
const MAC = 32;
/** Chunks are counted in 32 bits. */
const MOST_BYTES = CHUNK * 0xffff_ffff;

const CODES: Readonly<Record<FileSuite, number>> = {
  "chacha20-poly1305": 1,
  "aes-128-cbc-hmac": 2,
};

/** What a sealed file begins with (docs/protocol.md "Files"). */
export interface FileHeader {
  readonly suite: FileSuite;
  /** Length of the plaintext in bytes. */
  readonly size: number;
  /** 32 random bytes. */
  readonly salt: Bytes;
}

/** The 64 bytes of a header. @throws RangeError when the size is none */
export function encodeHeader({ suite, size, salt }: FileHeader): Bytes {
  if (!Number.isSafeInteger(size) || size < 0 || size > MOST_BYTES || salt.length !== SALT) {
    throw new RangeError(`no header for ${size} bytes with a salt of ${salt.length}`);
  }
  return new WireWriter().raw(MAGIC).u8(CODES[suite]).u8(CHUNK_LOG2).u16(0).u64(size).raw(salt)
    .raw(new Uint8Array(HEADER_LENGTH - MAGIC.length - 12 - SALT)).finish();
}

/** Reads what {@link encodeHeader} wrote; there is one way to write each. @throws OpenError */
export function decodeHeader(bytes: Uint8Array): FileHeader {
  try {
    const reader = new WireReader(bytes);
    if (!equal(reader.raw(MAGIC.length), MAGIC)) throw new OpenError();
    const code = reader.u8();
    const suite = (Object.keys(CODES) as FileSuite[]).find((name) => CODES[name] === code);
    if (suite === undefined || reader.u8() !== CHUNK_LOG2) throw new OpenError();
    reader.u16();
    const header = { suite, size: reader.u64(), salt: reader.raw(SALT) };
    if (!equal(encodeHeader(header), bytes)) throw new OpenError();
    return header;
  } catch (error) {
    throw error instanceof OpenError ? error : new OpenError();
  }
}

/** How many chunks a file of `size` bytes has: one at least, which may be empty. */
export function chunkCount(size: number): number {
  return Math.max(1, Math.ceil(size / CHUNK));
}

/** Bytes a chunk of `plain` bytes has when it is sealed. */
export function sealedChunkLength(suite: FileSuite, plain: number): number {
  if (suite === "chacha20-poly1305") return plain + TAG;
  return (Math.floor(plain / BLOCK) + 1) * BLOCK + MAC;
}

/** Bytes of the sealed file, header in, for a plaintext of `size` bytes. */
export function sealedLength(suite: FileSuite, size: number): number {
  const full = chunkCount(size) - 1;
  return HEADER_LENGTH + full * sealedChunkLength(suite, CHUNK) +
    sealedChunkLength(suite, size - full * CHUNK);
}

/**
 * The cipher of one file: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), so that its chunks can
 * be opened in any order and none changed, swapped, dropped, doubled or appended. A key seals one
 * header: sealing other content under the same key needs another salt.
 */
export class FileCipher {
  readonly header: FileHeader;
  /** The header as it stands in the file. */
  readonly encoded: Bytes;
  /** 32 bytes that belong to this key and header alone: what opens under one key opens under no other. */
  readonly commitment: Bytes;
  readonly chunks: number;
  readonly #key: Bytes;
  readonly #iv: Bytes;
  readonly #bound: Bytes;

  /** @param key 32 bytes, of this file alone */
  constructor(key: Uint8Array, header: FileHeader) {
    if (key.length !== FILE_KEY_LENGTH) throw new OpenError();
    this.header = header;
    this.encoded = encodeHeader(header);
    this.chunks = chunkCount(header.size);
    const info = new WireWriter().raw(PURPOSE).raw(this.encoded).finish();
    // Payload key (32 bytes, or 16 + 32), 7 bytes of nonce prefix or 32 of IV key, commitment key.
    const keys = new WireReader(hkdf(key, header.salt, info, 112));
    this.#key = keys.raw(48);
    this.#iv = keys.raw(32);
    this.commitment = hmacSha256(keys.raw(32), COMMITMENT);
    this.#bound = sha256(this.encoded);
  }

  /** A cipher for a new file of `size` bytes. */
  static create(key: Uint8Array, suite: FileSuite, size: number, random: Random): FileCipher {
    return new FileCipher(key, { suite, size, salt: random(SALT) });
  }

  /** Where the sealed chunk `index` begins in the file, and its length. */
  place(index: number): { offset: number; length: number } {
    const { suite } = this.header;
    return {
      offset: HEADER_LENGTH + index * sealedChunkLength(suite, CHUNK),
      length: sealedChunkLength(suite, this.plainLength(index)),
    };
  }

  /** Plain bytes of the chunk `index`. @throws RangeError when there is none */
  plainLength(index: number): number {
    if (!Number.isInteger(index) || index < 0 || index >= this.chunks) {
      throw new RangeError(`no chunk ${index} of ${this.chunks}`);
    }
    return index < this.chunks - 1 ? CHUNK : this.header.size - index * CHUNK;
  }

  /** Seals the chunk `index` into `out`, whose length is that of {@link place}. */
  sealInto(out: Uint8Array, index: number, plaintext: Uint8Array): void {
    if (plaintext.length !== this.plainLength(index)) throw changedWhileRead(this.header.size);
    if (this.header.suite === "chacha20-poly1305") {
      chachaSealInto(out, this.#key.subarray(0, 32), this.#nonce(index), plaintext);
    } else {
      const at = this.#position(index);
      out.set(cbcHmacSeal(this.#key, this.#ivOf(at), plaintext, this.#aad(at)));
    }
  }

  /** Opens the chunk `index`. @throws OpenError */
  open(index: number, sealed: Uint8Array): Bytes {
    if (sealed.length !== this.place(index).length) throw new OpenError();
    if (this.header.suite === "chacha20-poly1305") {
      return chachaOpen(this.#key.subarray(0, 32), this.#nonce(index), sealed);
    }
    const at = this.#position(index);
    const plaintext = cbcHmacOpen(this.#key, this.#ivOf(at), sealed, this.#aad(at));
    if (plaintext.length !== this.plainLength(index)) throw new OpenError();
    return plaintext;
  }

  /** Index and whether it is the last, in five bytes. */
  #position(index: number): Bytes {
    return new WireWriter().u32(index).u8(index === this.chunks - 1 ? 1 : 0).finish();
  }

  #nonce(index: number): Bytes {
    const nonce = new Uint8Array(PREFIX + 5);
    nonce.set(this.#iv.subarray(0, PREFIX));
    nonce.set(this.#position(index), PREFIX);
    return nonce;
  }

  /** CBC wants an IV nobody can foresee. */
  #ivOf(position: Bytes): Bytes {
    return hmacSha256(this.#iv, position).slice(0, BLOCK);
  }

  #aad(position: Bytes): Bytes {
    return new WireWriter().raw(this.#bound).raw(position).finish();
  }
}

/** What is said when a file had not the length it had at first. */
export function changedWhileRead(size: number): SimppdError {
  return new SimppdError(
    "file-changed",
    `The file was changed while it was being read: it has no longer the ${size} bytes it had at ` +
      "first. Send it again.",
  );
}
