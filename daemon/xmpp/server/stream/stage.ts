import type { Element, Jid } from "../../core/mod.ts";
import type { Connection } from "./connection.ts";
import type { Outlet } from "../session.ts";

/** One part of a stream's life: the login, the binding of a resource, the bound session. */
export interface Stage {
  /** What is offered in it (RFC 6120 section 4.3.2). */
  features(): Element[];
  /**
   * Takes one element; nothing more is taken while a promise is pending.
   * @throws StreamError to end the stream
   */
  handle(element: Element): Promise<void> | void;
}

/** What the parts of a stream's life need of the stream. */
export interface StagedStream {
  readonly address: string;
  /** Who the client says it is, in the header of the stream. */
  readonly from: Jid | undefined;
  /** Did the client send something more, which waits? */
  readonly pipelined: boolean;
  readonly closed: boolean;
  /** To be given to the session that is bound to it. */
  readonly outlet: Outlet;
  send(element: Element): void;
  /** Makes the client pay, in bytes of its rate. */
  charge(bytes: number): void;
  /** When the account was made that has logged in, ms since 1970. */
  readonly created: number | undefined;
  /** The client is who it says: it may send more. */
  authenticated(account: string): void;
  /** The client sends a new header, and is then in `stage`. */
  restart(stage: Stage): void;
  /** The stream is in `stage` from now on. */
  enter(stage: Stage): void;
  /** Takes its own connection out of those that became crowded: it answers itself. */
  uncrowd(crowded: Set<Connection>): void;
  /** Writes what is offered in the stage it is in. */
  sendFeatures(): void;
}
