/** How the daemon stands with its account. */
export type AccountState =
  | "none" // first run: nothing chosen yet
  | "connecting"
  | "online"
  | "offline" // retrying by itself; `problem` says why
  | "failed"; // will not retry: `problem` says what a person must do

export interface Problem {
  code: string;
  message: string;
}

export interface StatusView {
  version: string;
  /** Random per state directory; part of the cookie's name. */
  instance: string;
  /** The passphrase is wanted: nothing else works before {@link keeper} has given the key. */
  locked: boolean;
  /** Who keeps the key that seals the state directory. */
  keeper: "file" | "passphrase" | "keyring";
  account: AccountView | null;
  state: AccountState;
  problem: Problem | null;
  /** How the account is logged in; null while it is not. */
  login: LoginView | null;
  /** The carried server, when this daemon carries one. */
  server: ServerView | null;
  /** Suites allowed with everybody who has no policy of their own, strongest first. */
  policy: SuiteName[];
  /** Are contacts written to before they were verified? */
  blindTrust: boolean;
  /** Are contacts told, sealed, how far one has read? */
  tellSeen: boolean;
  calls: CallRoute;
  /** Is there a relay for calls, as the server said last? null while it was not asked. */
  relay: boolean | null;
  devices: DevicesView;
  /** Is ffmpeg here; when not, `message` says how to get it. */
  ffmpeg: { found: boolean; version: string | null; message: string | null };
}

/** Names of the cipher suites; `simpp-2009` is the paper's profile and weak. */
export type SuiteName = "simpp-pq" | "simpp-modern" | "simpp-2009";

/** How calls go: by any way; or through a relay alone, so that no peer learns one's address. */
export type CallRoute = "any" | "relay-only";

/** The devices of one's own account. */
export interface DevicesView {
  /**
   * own: this device holds the account key. linked: it is on another device's list. unlinked: it is
   * on none and seals nothing: approve it on the device of the account, or start anew. replaced:
   * somebody published other keys for this account.
   */
  state: "own" | "linked" | "unlinked" | "replaced";
  /**
   * Why it is on no list: it is new and asks to be added, the account's device denied that, or took
   * it off; null while it is on one.
   */
  absence: "new" | "denied" | "removed" | null;
  /** 30 digits of this device's key and the account's, to compare with the approving device's. */
  code: string;
  /**
   * Did the person say here that the codes are the same? none: the account's keys need no word;
   * needed: not yet, and nothing is taken over before; refused: they differed.
   */
  confirmation: "none" | "needed" | "given" | "refused";
  devices: { id: string; here: boolean }[];
  /** Devices that ask to be added. */
  requests: { id: string; code: string }[];
}

export interface AccountView {
  jid: string;
  nick: string;
  /** Hash of one's own picture; null when none is shown. */
  picture: string | null;
  /** This device's id, 16 hex digits. */
  device: string;
  /** Fingerprint of the account key, 64 hex digits. */
  fingerprint: string;
  /** Where its server is, as `host:port` or `wss:` URL, best first; none: found by the address. */
  hosts: string[];
  /** The server's pinned key, base64url; null: certificate authorities decide. */
  pin: string | null;
  /** It logs in by keys: a password is only for further devices and other programs. */
  keyed: boolean;
}

export interface LoginView {
  /** SASL mechanism, such as SIMPP-1. */
  mechanism: string;
  /** Mutual authentication is complete: both sides proved their keys on this very connection. */
  mutual: boolean;
  /** Login profile of SIMPP-1, such as simpp-modern. */
  profile: string | null;
}

export interface ServerView {
  domain: string;
  /** "127.0.0.1" or "0.0.0.0": whether others can reach it. */
  host: string;
  /** Where others reach it, `HOST` or `HOST:PORT`, as its owner says; absent: nowhere in particular. */
  address?: string;
  /** Direct TLS. */
  port: number;
  starttlsPort?: number;
  /** HTTPS: uploads and WebSocket. */
  httpsPort?: number;
  /** Ports that people know and another program has, with those in their place; absent: none. */
  taken?: { kind: "port" | "starttlsPort" | "httpsPort"; port: number; instead: number }[];
  /** SHA-256 of the server's public key (SPKI), base64url. */
  pin: string;
}

/** An invitation that can still be used. */
export interface OpenInvitationView {
  id: string;
  /** Who invites, null: who runs the server. */
  inviter: string | null;
  expires: number;
  /** For whom it is, in words of who made it; may be empty. */
  note: string;
  /** null: it was not made here, and a server keeps none. */
  link: string | null;
}

export interface InvitationView {
  id: string;
  link: string;
  expires: number;
  note: string;
}
