import type { Element, Jid, StreamError } from "../core/mod.ts";
import type { AddressRates } from "./stream/address_rates.ts";
import type { Crowdable } from "./crowdable.ts";
import type { Hooks } from "./hooks.ts";
import type { ServerLimits } from "./limits.ts";
import type { LoginGuard } from "./login/login_guard.ts";
import type { Logins } from "./login/logins.ts";
import type { ServerOptions } from "./options.ts";
import type { Resumptions } from "./stream/resumptions.ts";
import type { Services } from "./services.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { Storage } from "./storage/storage.ts";
import type { Turns } from "./stream/turns.ts";
import type { Web } from "./web/web.ts";

/** What the server lends its extensions. */
export interface Host {
  readonly domain: Jid;
  readonly limits: ServerLimits;
  /** What the server says of itself; undefined: nothing. */
  readonly software: ServerOptions["software"];
  /** Are messages archived? */
  readonly archives: boolean;
  readonly storage: Storage;
  readonly sessions: Sessions;
  readonly services: Services;
  readonly hooks: Hooks;
  readonly guard: LoginGuard;
  /** How much each address sends. */
  readonly addressRates: AddressRates;
  /** In which order streams are worked on. */
  readonly turns: Turns;
  readonly logins: Logins;
  /** Sessions that can go on on another stream (XEP-0198). */
  readonly resumptions: Resumptions;
  readonly options: ServerOptions;
  readonly web: Web;
  /** Those that became crowded by the stanza that is being routed. */
  readonly crowded: Set<Crowdable>;
  /** Takes a stanza of a service to where its `to` says; errors go back to the service. */
  deliver(stanza: Element): void;
  /** Ends a session with its stream, if one is below it. */
  endSession(session: Session, error: StreamError): void;
  /** Ends all streams and sessions of an account but one, those that are not bound yet too. */
  endAccount(account: string, error: StreamError, except?: Session): void;
  /** Bare JID of an account here. */
  address(account: string): Jid;
  /** Local part of a bare JID of this domain; undefined for others' contacts. */
  localAccount(jid: string): string | undefined;
}

/** One extension: registers itself with the host's hooks. */
export type Extension = (host: Host) => void;
