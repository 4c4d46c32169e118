import { type Bytes, SimppdError } from "../base/mod.ts";

/** Longest part header in bytes, boundary included. */
const MAX_HEADER = 1024;
/** Largest picture in bytes. */
export const MAX_FRAME = 4 * 1024 * 1024;

const LENGTH = /^content-length:[ \t]*(\d{1,8})[ \t]*$/i;

/** One part of a multipart stream and when its header was whole. */
export interface MpjpegPart {
  data: Bytes;
  arrivedAt: number;
}

/**
 * Cuts ffmpeg's `mpjpeg` stream into pictures by their Content-length. Memory is bounded: one header
 * and one picture, and each byte of a picture is copied once.
 */
export class MpjpegSplitter {
  #header = "";
  #body: Bytes | undefined;
  #filled = 0;
  #arrivedAt = 0;

  /**
   * Takes the next bytes of the stream, cut anywhere.
   * @param arrivedAt when they came
   * @returns the pictures they complete
   * @throws SimppdError `bad-stream` when a header or a picture is too long or has no length; the
   *   splitter is of no use after that
   */
  push(chunk: Uint8Array, arrivedAt: number): MpjpegPart[] {
    const parts: MpjpegPart[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#body === undefined) {
        at = this.#readHeader(chunk, at, arrivedAt);
        continue;
      }
      const taken = Math.min(this.#body.length - this.#filled, chunk.length - at);
      this.#body.set(chunk.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === this.#body.length) {
        parts.push({ data: this.#body, arrivedAt: this.#arrivedAt });
        this.#body = undefined;
      }
    }
    return parts;
  }

  #readHeader(chunk: Uint8Array, start: number, arrivedAt: number): number {
    for (let at = start; at < chunk.length; at++) {
      this.#header += String.fromCharCode(chunk[at] ?? 0);
      if (this.#header.endsWith("\r\n\r\n")) {
        this.#body = new Uint8Array(lengthOf(this.#header));
        this.#filled = 0;
        this.#arrivedAt = arrivedAt;
        this.#header = "";
        return at + 1;
      }
      if (this.#header.length >= MAX_HEADER) throw bad(`a header over ${MAX_HEADER} bytes`);
    }
    return chunk.length;
  }
}

function lengthOf(header: string): number {
  const lines = header.split("\r\n").filter((line) => line !== "");
  if (!lines[0]?.startsWith("--")) throw bad("a header without boundary");
  const lengths = lines.flatMap((line) => LENGTH.exec(line)?.[1] ?? []);
  const length = Number(lengths[0]);
  if (lengths.length !== 1) throw bad("a header without one length");
  if (length < 1 || length > MAX_FRAME) throw bad(`a picture of ${length} bytes`);
  return length;
}

function bad(what: string): SimppdError {
  return new SimppdError("bad-stream", `The camera's stream is not as expected: ${what} came.`);
}
