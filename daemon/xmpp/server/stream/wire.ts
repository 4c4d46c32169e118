/** Who is told what happens on a {@link Wire}. */
export interface WireListener {
  onBytes(bytes: Uint8Array): void;
  /** So many bytes came that say nothing to the stream. */
  onNoise(bytes: number): void;
  /** The other side sends no more. */
  onEnd(): void;
  onError(): void;
  onClosed(): void;
}

/** What carries a stream: TLS over TCP, or a WebSocket. */
export interface Wire {
  /** May anything be said, and what comes be believed? */
  readonly secure: boolean;
  /** Bytes written and not yet taken. */
  readonly waiting: number;
  /** @param texts one element, header or end of a stream each */
  write(texts: readonly string[], taken: () => void): void;
  /** Nothing more is read from the network, but for what is being read. */
  pause(): void;
  resume(): void;
  /** Says goodbye after what was written. */
  end(): void;
  destroy(): void;
}

/** Opens a wire; nothing is told before this returns. */
export type OpenWire = (listener: WireListener) => Wire;
