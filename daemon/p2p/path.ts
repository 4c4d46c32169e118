import type { Bytes, Emitter } from "../base/mod.ts";
import type { Report, ReportExtra } from "./control.ts";

/** Why a path ended. */
export type PathEnd =
  | "wrong-tag" // who holds the path keys is not who the call announced: nothing is opened
  | "no-path" // no way to the peer, or no tag from it, in time
  | "lost" // the peer fell silent
  | "bye" // this side closed it, or the peer did
  | "aborted" // this side's signal
  | "failed"; // the endpoint went away

export type PathEvent =
  /** Frames can flow; comes again when the path moved to another validated address. */
  | { type: "open"; local: string; remote: string; relayed: boolean }
  | { type: "security"; code: string; message: string }
  | { type: "closed"; reason: PathEnd };

/** A sealed frame that came whole. */
export interface PathFrame {
  /** Counts the peer's frames from 0; a gap is a dropped one. */
  sequence: number;
  bytes: Bytes;
  /** The path's clock at the last fragment, ms. */
  receivedAt: number;
}

export interface PathStats {
  /** Frames begun to be sent. */
  sent: number;
  /** Frames offered and not sent: replaced by a newer one, or not sendable. */
  sendDropped: number;
  /** Frames put together. */
  received: number;
  /** Frames that a newer one overtook before they were whole. */
  receiveDropped: number;
  /** Bytes of all datagrams sent, and of the valid ones that came. */
  bytesSent: number;
  bytesReceived: number;
  /** Datagrams sent again, and NACKs that came. */
  resent: number;
  naks: number;
  /** Smoothed; null before the first exchange. */
  rttMs: number | null;
  /** The peer's clock minus ours; null before the first exchange. */
  clockOffsetMs: number | null;
  /** Datagrams that were not the peer's: wrong MAC, wrong size, no such call. */
  strays: number;
  /** The peer's, but they came before. */
  replays: number;
  /** The peer's, but they say what cannot be. */
  malformed: number;
  /** What the peer last said of what it gets from us, and when by our clock. */
  remoteReport: (Report & { at: number }) | null;
}

/** A way for sealed frames between two daemons. Frames are opaque to it. */
export interface Path {
  /** "udp" for the direct one. */
  readonly kind: string;
  readonly events: Emitter<PathEvent>;
  readonly closed: Promise<{ reason: PathEnd }>;
  /** The peer's right tag has come on this path. */
  readonly tagVerified: boolean;
  /**
   * Offers a frame of at most 2 MiB; the bytes must not be changed afterwards. While one is being
   * sent the newest offered waits and replaces the one that waited.
   * @param capturedAt the path's clock when the picture was taken, ms; a stale one is not sent
   * @returns false when this frame will not be sent: the path is not open, or its size is no frame's
   */
  send(frame: Uint8Array, capturedAt: number): boolean;
  /** Whole frames from now on, newest wins; ends with the path or `signal`. */
  frames(signal?: AbortSignal): AsyncIterable<PathFrame>;
  stats(): PathStats;
  /** Figures for the peer, sent with the next reports. */
  report(extra: Partial<ReportExtra>): void;
  /** Says goodbye and ends. */
  close(): void;
}
