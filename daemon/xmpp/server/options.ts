import type { LoginProfileId } from "../../crypto/mod.ts";
import type { PublicLoginKey } from "../core/mod.ts";
import type {
  AdministrationAnswer,
  AdministrationInput,
  ServerAdministration,
} from "./administration.ts";
import type { BindingOffer } from "./login/logins.ts";
import type { Invitation } from "./storage/invitations.ts";
import type { ServerLimits } from "./limits.ts";
import type { ComponentOptions } from "./xep_0114_components.ts";
import type { WebOptions } from "./web/options.ts";

/** How a carried server is started. */
export interface ServerOptions extends WebOptions {
  /** Path of the SQLite file, `:memory:`, or `mysql://USER:PASSWORD@HOST:PORT/DATABASE`. */
  database: string;
  /** The XMPP domain; needs no DNS. */
  domain: string;
  /** Address to listen on, such as 127.0.0.1. */
  host: string;
  /** 0 for any; when the wanted one is taken, a free one is used and `port` says which. */
  port: number;
  /** Port for STARTTLS (RFC 6120 section 5) beside direct TLS, chosen as `port` is; absent: none. */
  starttlsPort?: number;
  certificatePem: string;
  keyPem: string;
  limits?: Partial<ServerLimits>;
  /** Components that may connect (XEP-0114); none when absent. */
  components?: ComponentOptions;
  /** Whether messages are archived (XEP-0313); true when absent. */
  archive?: boolean;
  /** Login profiles let in by SIMPP-1; `simpp-modern` when absent, none: SCRAM alone is offered. */
  loginProfiles?: readonly LoginProfileId[];
  /** Where SCRAM with channel binding is offered; in SASL2 when absent. See {@link BindingOffer}. */
  channelBinding?: BindingOffer;
  /**
   * Offers PLAIN as well, behind TLS, for programs that know nothing better, such as mcabber; the
   * server then sees their passwords. False when absent.
   */
  plain?: boolean;
  /** What the server says of itself (XEP-0092); absent: nothing. */
  software?: { readonly name: string; readonly version: string };
}

/** What a new account logs in with. */
export type AccountSecret = string | { readonly loginKeys: readonly PublicLoginKey[] };

/** What a server counts. */
export interface ServerStats {
  accounts: number;
  /** Bound resources, those that wait for their clients to come back among them. */
  sessions: number;
  /** Open connections, those that are logging in among them. */
  connections: number;
  /** Offline messages kept. */
  offlineMessages: number;
  bannedAddresses: number;
  /** Uploaded files, and their bytes. */
  uploads: number;
  uploadBytes: number;
  /** Connections turned away because of a limit or a ban. */
  refused: number;
}

/** Where a server listens. */
export interface ListenAddress {
  host: string;
  /** Direct TLS. */
  port: number;
  /** STARTTLS, where it is offered. */
  starttlsPort?: number;
  /** HTTPS, where it is wanted: its port, and the address others reach it by. */
  httpsPort?: number;
  httpsUrl?: string;
}

/** What can be asked of a running server, in this thread or in its Worker. */
export interface ServerControl {
  /**
   * @param secret a password, for SCRAM, or public keys, for SIMPP-1
   * @returns the server's own login keys, to be pinned, for the profiles it took keys of
   * @throws SimppdError `account-exists`, `bad-username`, `bad-password`, `bad-login-keys`
   */
  createAccount(username: string, secret: AccountSecret): Promise<PublicLoginKey[]>;
  /**
   * @param inviterJid null: the administrator invites, and nobody gets a contact
   * @param note for whom it is, 60 characters at most
   * @throws SimppdError `unknown-account`, `too-many-invitations`, `bad-input`
   */
  createInvitation(
    inviterJid: string | null,
    ttlSeconds: number,
    note?: string,
  ): Promise<Invitation>;
  /**
   * Moves the listeners; streams that are open stay.
   * @param starttlsPort as in {@link ServerOptions}; absent: it is kept as it is
   * @param httpsPort the same
   * @throws SimppdError `cannot-listen`
   */
  listen(
    host: string,
    port: number,
    starttlsPort?: number,
    httpsPort?: number,
  ): Promise<ListenAddress>;
  stats(): Promise<ServerStats>;
  /** Runs one of {@link ServerAdministration}, and rejects as it does. */
  administer<Name extends keyof ServerAdministration>(
    name: Name,
    ...args: AdministrationInput<Name>
  ): Promise<AdministrationAnswer<Name>>;
  /** Ends all streams with `system-shutdown`, closes the database. */
  stop(): Promise<void>;
}
