/** What a server does over HTTPS. */
export interface WebOptions {
  /**
   * Port for HTTPS: uploads, XMPP over WebSocket and where to find it. 0 for any; when the wanted
   * one is taken, a free one is used and `httpsPort` says which. Absent: none of it.
   */
  httpsPort?: number;
  /**
   * The address others reach it by, such as `https://chat.example.org`, where it is not the domain
   * itself and this port.
   */
  httpsUrl?: string;
  /**
   * Origins whose pages may connect by WebSocket, such as `https://web.example.org`; beside them
   * only the server's own.
   */
  webOrigins?: readonly string[];
  /**
   * Folder for uploaded files; beside the database's file when absent, and no uploads where that is
   * not a file either.
   */
  uploadFolder?: string;
  /** STUN and TURN services that accounts are told of (XEP-0215). */
  turn?: readonly ExternalService[];
}

/** A STUN or TURN server beside this one. */
export interface ExternalService {
  readonly host: string;
  readonly port: number;
  /** TURN when absent. */
  readonly type?: "stun" | "turn" | "stuns" | "turns";
  readonly transport: "udp" | "tcp";
  /**
   * Shared with the TURN server (coturn's `use-auth-secret`): by it accounts get credentials that
   * hold for a while. Absent: it asks for none.
   */
  readonly secret?: string;
}
