import type { Bytes } from "../base/mod.ts";

/** One device of a person, as SIMPP proved it. */
export interface ProvedDevice {
  /** Bare JID. */
  readonly jid: string;
  /** 16 hex digits. */
  readonly device: string;
  /** Ed25519, 32 bytes, both. */
  readonly deviceKey: Bytes;
  readonly accountKey: Bytes;
}

/** Between a device and a key server or registrar: sealed by SIMPP. */
export interface ControlChannel {
  /** Resolves once it left; who is away misses it. */
  send(to: { readonly jid: string; readonly device?: string }, payload: Bytes): Promise<void>;
}

/** To all who are in the group's room; its server reads along. */
export interface RoomChannel {
  /** Resolves once it left. @throws when we are not in the room */
  publish(payload: Bytes): Promise<void>;
}
