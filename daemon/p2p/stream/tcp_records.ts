import { createCipheriv, createDecipheriv } from "node:crypto";
import { type Bytes, SimppdError, utf8 } from "../../base/mod.ts";
import { hkdf } from "../../crypto/mod.ts";
import { putU32, u32At } from "../datagram.ts";

/** Stream bytes in a record at most. */
export const RECORD_BYTES = 64 * 1_024;
/** Length and flag of a record. */
export const RECORD_HEADER = 4;
const TAG = 16;
/** The longest record. */
export const WHOLE_RECORD = RECORD_HEADER + RECORD_BYTES + TAG;
const LAST = 0x8000_0000;
const CIPHER = "chacha20-poly1305";

/** The key of one connection's records. */
export function recordKey(records: Bytes, nonces: Bytes): Bytes {
  return hkdf(records, nonces, utf8("simppd stream v1 record key"), 32);
}

/** Nonces by number: one key seals the records of one connection in one direction. */
class RecordNonce {
  readonly bytes = new Uint8Array(12);
  #number = 0;

  advance(): void {
    this.#number++;
    putU32(this.bytes, 4, Math.floor(this.#number / 2 ** 32));
    putU32(this.bytes, 8, this.#number % 2 ** 32);
  }
}

/** Seals the records of one connection (ChaCha20-Poly1305; the header is associated data). */
export class RecordSealer {
  readonly #key: Bytes;
  readonly #nonce = new RecordNonce();

  constructor(key: Bytes) {
    this.#key = key;
  }

  /**
   * Writes a whole record of at most {@link RECORD_BYTES} at the beginning of `out`.
   * @param last the stream ends with it
   * @returns the record's length
   */
  seal(bytes: Uint8Array, last: boolean, out: Uint8Array): number {
    if (bytes.length > RECORD_BYTES) throw new RangeError(`record of ${bytes.length} bytes`);
    putU32(out, 0, bytes.length + (last ? LAST : 0));
    const cipher = createCipheriv(CIPHER, this.#key, this.#nonce.bytes, { authTagLength: TAG });
    cipher.setAAD(out.subarray(0, RECORD_HEADER), { plaintextLength: bytes.length });
    out.set(cipher.update(bytes), RECORD_HEADER);
    cipher.final(); // nothing is left: it is a stream cipher
    out.set(cipher.getAuthTag(), RECORD_HEADER + bytes.length);
    this.#nonce.advance();
    return RECORD_HEADER + bytes.length + TAG;
  }
}

/** Opens the records of one connection, in order. */
export class RecordOpener {
  readonly #key: Bytes;
  readonly #nonce = new RecordNonce();

  constructor(key: Bytes) {
    this.#key = key;
  }

  /**
   * Bytes of the whole record that begins with `header`.
   * @throws SimppdError `stream-corrupt` when none is so long
   */
  static lengthOf(header: Uint8Array): number {
    const length = u32At(header, 0) % LAST;
    if (length > RECORD_BYTES) throw corrupt();
    return RECORD_HEADER + length + TAG;
  }

  /** @throws SimppdError `stream-corrupt` when it is not the next record, unchanged */
  open(record: Uint8Array): { bytes: Bytes; last: boolean } {
    const end = record.length - TAG;
    const decipher = createDecipheriv(CIPHER, this.#key, this.#nonce.bytes, { authTagLength: TAG });
    decipher.setAAD(record.subarray(0, RECORD_HEADER), { plaintextLength: end - RECORD_HEADER });
    decipher.setAuthTag(record.subarray(end));
    const opened = decipher.update(record.subarray(RECORD_HEADER, end));
    const bytes = new Uint8Array(opened.buffer, opened.byteOffset, opened.length);
    try {
      decipher.final();
    } catch {
      throw corrupt();
    }
    this.#nonce.advance();
    return { bytes, last: u32At(record, 0) >= LAST };
  }
}

function corrupt(): SimppdError {
  return new SimppdError("stream-corrupt", "Bytes on the direct connection were changed.");
}
