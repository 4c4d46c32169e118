import { type Bytes, SimppdError } from "../../base/mod.ts";

/**
 * A file's clear bytes, read where they are asked for, so that no more of a large one is in memory
 * than is being shown. A sealed file that verifies what it opens has this shape.
 */
export interface DisplaySource {
  /** What its sender calls its type; nothing is decided by it. */
  readonly type: string;
  readonly size: number;
  readonly name: string;
  /** Bytes from `offset` on: `length` of them, fewer at the end. */
  read(offset: number, length: number): Promise<Bytes>;
  close?(): void | Promise<void>;
}

/** What is held in memory, as a source. */
export function memorySource(bytes: Bytes, name: string, type = ""): DisplaySource {
  return {
    name,
    type,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
  };
}

/**
 * Takes a stream into memory.
 * @param most bytes
 * @throws SimppdError `too-large`
 */
export async function bytesWithin(
  stream: AsyncIterable<Uint8Array>,
  most: number,
): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > most) {
      throw new SimppdError("too-large", `A file shown here may have ${most} bytes at most.`);
    }
    parts.push(part);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
