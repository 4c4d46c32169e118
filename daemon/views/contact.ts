import type { Problem, SuiteName } from "./status.ts";

export type Subscription = "none" | "to" | "from" | "both" | "asked" | "asking";
// asked: they asked us and wait for our answer; asking: we asked them

export interface ContactView {
  jid: string;
  name: string;
  subscription: Subscription;
  presence: "online" | "away" | "dnd" | "offline";
  status: string;
  /** Hash of their picture; null when they show none. */
  picture: string | null;
  blocked: boolean;
  /** One chose to chat with them without encryption; possible only while they have no simppd. */
  plain: boolean;
  /** They are writing right now. */
  typing: boolean;
  unread: number;
  /** Why the request to see their presence did not reach them; null while nothing is known. */
  problem: Problem | null;
  trust: TrustView;
  /** Newest message, for the list. */
  last: { body: string; at: number; mine: boolean } | null;
}

/** A person's picture: what kind it is follows from its bytes. */
export interface PictureView {
  /** SHA-1 in hex, as in {@link ContactView}. */
  hash: string;
  type: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  /** base64 */
  data: string;
}

export interface TrustView {
  /**
   * unknown: no keys seen yet. first-use: remembered, not verified. verified: by number or QR.
   * changed: another account key or an older device list came; sending stops until decided.
   */
  state: "unknown" | "first-use" | "verified" | "changed";
  /**
   * What there is to decide about while `changed`. new-key: other keys came. refused: they did, and
   * one keeps refusing them. differs: nothing came; one said that the numbers, or the codes, differ.
   */
  doubt: "new-key" | "refused" | "differs" | null;
  /** Account key fingerprint, 64 hex digits. */
  fingerprint: string | null;
  suite: SuiteName | null;
  /** Suites allowed with this contact, strongest first. */
  policy: SuiteName[];
  /** Is it a policy of their own? */
  ownPolicy: boolean;
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
