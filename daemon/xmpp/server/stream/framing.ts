import { type Jid, type ReaderLimits, type StreamHandler, StreamReader } from "../../core/mod.ts";
import { streamHeader } from "./stream_header.ts";

/** How a stream's elements stand on what carries it. */
export interface Framing {
  /** The header of the server's own stream. */
  header(domain: Jid): string;
  /** The end of it. */
  readonly end: string;
  /** Most bytes its reader is given at once: so much is read before others have their turn. */
  readonly piece: number;
  reader(handler: StreamHandler, limits: ReaderLimits): FramingReader;
}

/** Reads what a client sends, bounded; see {@link StreamReader}. */
export interface FramingReader {
  /** @throws StreamError */
  write(bytes: Uint8Array): void;
  setLimits(limits: ReaderLimits): void;
  /** A new header is expected next. */
  restart(): void;
  /** Nothing more is delivered. */
  stop(): void;
}

/** One XML document a stream (RFC 6120 section 4). */
export const tcpFraming: Framing = {
  header: streamHeader,
  end: "</stream:stream>",
  piece: 8_192,
  reader: (handler, limits) => new StreamReader(handler, limits),
};
