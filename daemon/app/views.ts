/**
 * What the local API shows, as JSON: the one vocabulary of app, http, cli and dashboard. Times are
 * milliseconds since 1970 unless a name says otherwise; JIDs are bare unless said.
 * @module
 */

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

export type Subscription = "none" | "to" | "from" | "both" | "asked" | "asking";
// asked: they asked us and wait for our answer; asking: we asked them

export interface ContactView {
  jid: string;
  name: string;
  subscription: Subscription;
  presence: "online" | "away" | "dnd" | "offline";
  status: string;
  blocked: boolean;
  unread: number;
  trust: TrustView;
  /** Newest message, for the list. */
  last: { body: string; at: number; mine: boolean } | null;
}

export interface TrustView {
  /**
   * unknown: no keys seen yet. first-use: remembered, not verified. verified: by number or QR.
   * changed: another account key or an older device list came; sending stops until decided.
   */
  state: "unknown" | "first-use" | "verified" | "changed";
  /** Account key fingerprint, 64 hex digits. */
  fingerprint: string | null;
  suite: "simpp-pq" | "simpp-modern" | "simpp-2009" | null;
  /** Both sides proved themselves in the current session: the paper's secure state. */
  mutual: boolean;
  devices: { id: string; mutual: boolean }[];
}

export interface SafetyView {
  /** 60 digits. */
  number: string;
  /** Text for the QR code; the other side's scan compares it. */
  qr: string;
}

export interface MessageView {
  id: string;
  contact: string;
  mine: boolean;
  at: number;
  /** chat: `body` is text. Every other kind is a line drawn by the dashboard, `body` its sentence. */
  kind: "chat" | "missed-call" | "call" | "security" | "notice";
  body: string;
  /** For mine: pending (not left yet), sent (the server has it), delivered, failed (see `problem`). */
  delivery: "pending" | "sent" | "delivered" | "failed" | null;
  problem: Problem | null;
  suite: string | null;
}

export interface CameraOptions {
  /** Camera spec: `test[:WxH@FPS]`, `clip:PATH`, `pipe:PATH`, `device:NAME`, or `off`. */
  camera: string;
  /** `WIDTHxHEIGHT`, such as "640x480". */
  size: string;
  fps: number;
}

export interface CameraView {
  spec: string;
  name: string;
  kind: "device" | "test";
}

/** A call's life; `ended` and `missed` carry `reason`. */
export type CallState =
  | "calling" // ours, not answered yet
  | "ringing" // theirs, not answered yet
  | "later" // theirs, put aside without answering; may still be accepted until it times out
  | "connecting" // accepted, no tag verified yet
  | "active"
  | "ended";

export type EndReason =
  | "hangup"
  | "declined"
  | "busy"
  | "timeout"
  | "offline"
  | "cancelled"
  | "answered-elsewhere"
  | "no-path" // no right tag within 10 s
  | "wrong-tag"
  | "lost" // the peer went silent
  | "camera"
  | "failed";

export interface CallView {
  id: string;
  contact: string;
  name: string;
  direction: "out" | "in";
  inviter: string;
  invitee: string;
  state: CallState;
  reason: EndReason | null;
  /** The reason as a sentence. */
  detail: string | null;
  startedAt: number;
  activeAt: number | null;
  endedAt: number | null;
  options: CameraOptions;
  camera: {
    name: string;
    state: "starting" | "live" | "no-signal" | "off";
    problem: Problem | null;
  };
  info: CallInfo | null;
}

export interface CallInfo {
  suite: string;
  fingerprints: { local: string; remote: string };
  verified: boolean;
  tags: { local: string; remote: string | null; verified: boolean };
  path: { kind: string; local: string; remote: string; rttMs: number | null } | null;
  /** Ours to them, as reported back by them where they can know better. */
  send: DirectionInfo;
  receive: DirectionInfo;
  strays: number;
  securityEvents: { at: number; code: string; message: string }[];
  /** Milliseconds since the last remote frame; the dashboard shows "stalled" from 2000 on. */
  sinceLastFrameMs: number | null;
}

export interface DirectionInfo {
  /** Frames handed to the path / opened and ready to view. */
  frames: number;
  dropped: number;
  fps: number;
  kbps: number;
  /** Capture to ready-to-view, over the last 30 s of frames. */
  latencyMs: { p50: number; p95: number } | null;
  openFailures: number;
}

export interface InvitationView {
  link: string;
  expires: number;
}

/** What `/api/events` sends: the event's name and its JSON data. */
export type AppEvent =
  | { type: "status"; data: StatusView }
  | { type: "contact"; data: ContactView }
  | { type: "contact-removed"; data: { jid: string } }
  | { type: "message"; data: MessageView } // new or changed, by id
  | { type: "call"; data: CallView } // at changes, and once a second while active
  | {
    type: "security";
    data: { at: number; code: string; message: string; contact: string | null };
  };
