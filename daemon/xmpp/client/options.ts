import type { TlsTrust } from "./dial.ts";
import type { Endpoint } from "./endpoints.ts";
import type { LoginSecret } from "./sasl.ts";
import type { FastTokens } from "./xep_0484_fast.ts";

/** Whom to log in as, with what, and where. */
export type XmppClientOptions = LoginSecret & XmppAccountOptions;

/** {@link XmppClientOptions} without the secret. */
export interface XmppAccountOptions {
  /** The account, `name@domain`. */
  readonly jid: string;
  /** Wished for; a random one when absent. */
  readonly resource?: string;
  /** Where the server is, asked for at each try where that changes; looked up in DNS when absent. */
  readonly endpoints?: readonly Endpoint[] | (() => readonly Endpoint[]);
  readonly trust: TlsTrust;
  /** Silence after which the server is asked for a sign of life; 60 when absent. */
  readonly pingSeconds?: number;
  /** Where a token of the server is kept (XEP-0484); in memory until `close()` when absent. */
  readonly tokens?: FastTokens;
  /** UUID that names this device to the server alone (XEP-0388); a random one when absent. */
  readonly clientId?: string;
}

/** `offline`: not connected, perhaps about to try again; `failed`: not before `connect()` is called. */
export type ClientState = "connecting" | "online" | "offline" | "failed";

/** A change of state, and what led to it when it was not wanted. */
export interface ClientEvent {
  readonly state: ClientState;
  readonly problem: { readonly code: string; readonly message: string } | null;
  /** `online` again, with all that was before: presence and roster are as they were (XEP-0198). */
  readonly resumed: boolean;
}
