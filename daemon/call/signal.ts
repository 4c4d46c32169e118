import type { Bytes } from "../base/mod.ts";

/** Namespace of call signalling; it travels only inside the end-to-end envelope. */
export const CALL_NS = "urn:simpp:call:2";

/** Why a callee said no; `failed`: its device could not take the call. */
export type RejectReason = "declined" | "busy" | "failed";
/** Why a caller took the invitation back; `glare`: both called, the other call goes on. */
export type RetractReason = "cancelled" | "timeout" | "declined" | "busy" | "glare" | "failed";
/** What a device tells of its camera; one that is starting tells nothing yet. */
export type RemoteCamera = "live" | "off" | "no-signal";
/** Why an accepted call ends. */
export type FinishReason = "hangup" | "no-path" | "wrong-tag" | "lost" | "timeout" | "failed";

/**
 * A candidate address as its sender wrote it. It is hashed like this; what the path does not
 * understand is left out only after.
 */
export interface AnnouncedCandidate {
  host: string;
  port: number;
  kind: string;
  priority: number;
}

/** A asks B, on all of B's devices, for a call. */
export interface Propose {
  kind: "propose";
  id: string;
  /** Milliseconds since 1970 by A's clock. */
  time: number;
  /** Codes of the suites A can do, strongest first. */
  suites: number[];
  codecs: number[];
}

/** One of B's devices shows the invitation. */
export interface Ringing {
  kind: "ringing";
  id: string;
}

/** One of B's devices takes the call. */
export interface Accept {
  kind: "accept";
  id: string;
  /** Start of B's capture times, milliseconds since 1970 by B's clock. */
  time: number;
  suite: number;
  codec: number;
  /** Fresh Diffie-Hellman public key. */
  dh: Bytes;
  /** Fresh KEM public key; null in a suite without KEM. */
  kem: Bytes | null;
  tag: Bytes;
  candidates: AnnouncedCandidate[];
}

/** A's part, to the device that accepted; both stream after it. */
export interface Reply {
  kind: "reply";
  id: string;
  /** Start of A's capture times, milliseconds since 1970 by A's clock. */
  time: number;
  dh: Bytes;
  /** KEM ciphertext; null in a suite without KEM. */
  kem: Bytes | null;
  tag: Bytes;
  candidates: AnnouncedCandidate[];
}

/** One of B's devices says no for B; also told to B's other devices. */
export interface Reject {
  kind: "reject";
  id: string;
  reason: RejectReason;
}

/** A takes the invitation back. */
export interface Retract {
  kind: "retract";
  id: string;
  reason: RetractReason;
}

/** Either side ends a call that was accepted. */
export interface Finish {
  kind: "finish";
  id: string;
  reason: FinishReason;
}

/** The call was answered on `device` of B: B's other devices stop ringing. */
export interface Taken {
  kind: "taken";
  id: string;
  device: string;
}

/** Kept by the server for one who was not there: A called at `time`. */
export interface Missed {
  kind: "missed";
  id: string;
  time: number;
}

/** What the sender's camera does, so that a picture that stops is not taken for a broken path. */
export interface CameraState {
  kind: "camera";
  id: string;
  state: RemoteCamera;
  /** Counts the sender's of this call from 1: one that is late says nothing. */
  number: number;
}

/** Everything that is said about a call; names after XEP-0353 where it has one. */
export type Signal =
  | Propose
  | Ringing
  | Accept
  | Reply
  | Reject
  | Retract
  | Finish
  | Taken
  | Missed
  | CameraState;
