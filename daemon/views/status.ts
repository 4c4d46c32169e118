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
  /** The carried server, when this daemon carries one. */
  server: ServerView | null;
  /** Is ffmpeg here; when not, `message` says how to get it. */
  ffmpeg: { found: boolean; version: string | null; message: string | null };
}

export interface AccountView {
  jid: string;
  nick: string;
  /** This device's id, 16 hex digits. */
  device: string;
  /** Fingerprint of the account key, 64 hex digits. */
  fingerprint: string;
}

export interface ServerView {
  domain: string;
  /** "127.0.0.1" or "0.0.0.0": whether others can reach it. */
  host: string;
  port: number;
  /** SHA-256 of the server's public key (SPKI), base64url. */
  pin: string;
}

export interface InvitationView {
  link: string;
  expires: number;
}
