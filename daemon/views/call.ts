import type { Problem } from "./status.ts";

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
  /** What the other side says of its camera; null before it said so, and from older versions. */
  remoteCamera: "live" | "off" | "no-signal" | null;
  info: CallInfo | null;
}

export interface CallInfo {
  suite: string;
  fingerprints: { local: string; remote: string };
  verified: boolean;
  tags: { local: string; remote: string | null; verified: boolean };
  /** `kind` is `udp`, or `relay` where a TURN server of either side passes the packets on. */
  path: { kind: string; local: string; remote: string; rttMs: number | null } | null;
  /** Ours to them, as reported back by them where they can know better. */
  send: DirectionInfo;
  receive: DirectionInfo;
  /** Datagrams that were not the peer's, and dropped. */
  strays: number;
  /** The peer's, but they had come before: dropped. */
  replays: number;
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
