import type { Problem } from "./status.ts";

/**
 * Where a file stands. offered: another's, nobody said yes yet; one's own, it lies here for whoever
 * may have it. failed can be resumed.
 */
export type FileState =
  | "offered"
  | "waiting"
  | "transferring"
  | "paused"
  | "done"
  | "failed"
  | "cancelled"
  | "declined";

/** How a file travels: from daemon to daemon, by the server's upload, or within XMPP messages. */
export type FileWay = "direct" | "upload" | "ibb" | "group";

/** How far a file is. */
export interface FileProgressView {
  id: string;
  /** Bytes of `total` that moved; while one's own is being sealed, those sealed. */
  bytes: number;
  total: number;
  /** Bytes a second over the last seconds. */
  rate: number;
}

/** A file that comes or goes. Its line in the chat or group has the same id. */
export interface FileView {
  id: string;
  /** Address of the contact or group. */
  place: string;
  /** Bare JID of who sent it. */
  from: string;
  mine: boolean;
  /** Safe to show and to save under. */
  name: string;
  /** What it is by its content; null while not enough of it is here. */
  type: string | null;
  /** What its sender takes it for. */
  declared: string;
  /** Its name's ending says another thing than its content: take care. */
  pretends: boolean;
  size: number;
  width: number | null;
  height: number | null;
  /** A small JPEG of it, in base64. */
  thumbnail: string | null;
  at: number;
  state: FileState;
  /** While it moves; of another's that is paused or broke off, what is here. */
  progress: FileProgressView | null;
  problem: Problem | null;
  /** It is here whole and can be opened. */
  here: boolean;
  /** What opens it has to be asked for, and has not come. */
  locked: boolean;
  /** Its sender wishes that it opens by itself. */
  display: boolean;
  /** What it is sealed by; aes-128-cbc-hmac: the paper's, weak. */
  suite: "chacha20-poly1305" | "aes-128-cbc-hmac";
  /** How it can be had. */
  ways: FileWay[];
  /** Of one's own for a group: who alone may open it, and when; null: everybody. */
  audience: FileAudienceView | null;
  /** Another's, locked: its sender says that it is for others of the group. */
  forOthers: boolean;
}

/** Those of a group who may open a file; where nobody is named, everybody. */
export interface FileAudienceView {
  people: string[];
  roles: string[];
  /** Only who is in the group when they ask. */
  onRequest: boolean;
}

/** A way by which files can go to somebody. */
export interface FileWayView {
  kind: FileWay;
  /** Bytes that a file may have about; null: as many as one likes, or unknown. */
  largest: number | null;
}

/** Up to which size files come without being asked for, in bytes; from strangers none do. */
export interface FileLimitsView {
  limit: number;
  /** By address of contact or group: instead of `limit`. */
  places: Record<string, number>;
  /** Largest file that is taken, and room for all. */
  fileBytes: number;
  quota: number;
}
