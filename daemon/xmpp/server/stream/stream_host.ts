import type { Connection } from "./connection.ts";
import type { Host } from "../host.ts";
import type { Router } from "../router.ts";
import type { Session } from "../session.ts";
import type { ClientStream } from "./stream.ts";

/** What a stream needs of the server it belongs to. */
export interface StreamHost extends Host {
  readonly router: Router;
  /** Connections that became crowded by the stanza that is being routed. */
  readonly crowded: Set<Connection>;
  /** Makes the session the account's; an older one of the same resource is ended. */
  bind(session: Session): void;
  /** The session's stream was lost; it waits for its client if that can come back, else it ends. */
  streamLost(session: Session): void;
  /** The session is over: contacts see it leave, what it did not confirm goes elsewhere. */
  sessionOver(session: Session): void;
  /** The connection is closed. */
  streamClosed(stream: ClientStream): void;
}
