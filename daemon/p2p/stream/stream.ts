import { type Bytes, SimppdError } from "../../base/mod.ts";

/** How a direct stream travels. */
export type StreamKind = "tcp" | "udp";

/** The sending end of a stream between two daemons. */
export interface SendingStream {
  readonly kind: StreamKind;
  /**
   * Hands over bytes, which are the caller's again when it resolves: there is room for more then.
   * @throws SimppdError `stream-cut`, `stream-stalled`
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the stream; resolves when all of it is out of our hands. @throws as write */
  finish(): Promise<void>;
  /** Ends it at once; what was not delivered is lost. */
  close(): void;
}

/** The receiving end of a stream between two daemons. */
export interface ReceivingStream {
  readonly kind: StreamKind;
  /**
   * The next bytes, at most 256 KiB and good until the next read; null after the sender's end of the
   * stream. What is not read is not sent for long.
   * @throws SimppdError `stream-cut` when the stream ended before its end, `stream-stalled`,
   * `stream-corrupt`
   */
  read(): Promise<Bytes | null>;
  close(): void;
}

/** How long an open stream may make no progress at all, ms. */
export const STALL_MS = 60_000;

/** The error of a stream that ended before its end. */
export function cut(why: string, cause?: unknown): SimppdError {
  return new SimppdError("stream-cut", `The direct connection was cut: ${why}.`, cause);
}

/** The error of a stream on which nothing moves though it should. */
export function stalled(): SimppdError {
  return new SimppdError(
    "stream-stalled",
    `Nothing moved on the direct connection for ${STALL_MS / 1_000} seconds.`,
  );
}
