import type { StreamError } from "../core/mod.ts";

/** A connection from its TCP accept on, whatever has become of it so far. */
export interface Accepted {
  readonly address: string;
  /** Did it come to the port for STARTTLS, and has not begun TLS? */
  readonly clear: boolean;
  /** Has it not said a word yet, not even the stream's header? */
  readonly silent: boolean;
  /** Has it shown whose it is? */
  readonly proved: boolean;
  readonly bound: boolean;
  /** The account that has logged in. */
  readonly account: string | undefined;
  /** Ends it without a word. */
  drop(): void;
  /** Ends it with an error, if it can be told (RFC 6120 section 4.9). */
  fail(error: StreamError): void;
  /** Looks at its deadlines. @param now milliseconds of the steady clock */
  sweep(now: number): void;
}
