import type { Bytes } from "../base/mod.ts";

/**
 * Where device lists and bundles are published and found: PEP here, a link-local peer or a component
 * elsewhere. It is not trusted: everything it gives is signed.
 */
export interface KeyDirectory {
  /** The encoded device list of a bare JID; undefined when it has none. */
  fetchDevices(jid: string): Promise<Bytes | undefined>;
  /** The encoded bundle of one device. */
  fetchBundle(jid: string, device: string): Promise<Bytes | undefined>;
  /** One of a device's one-time prekeys; undefined when it was used. */
  fetchOneTime(jid: string, device: string, id: number): Promise<Bytes | undefined>;
  publishDevices(encoded: Bytes): Promise<void>;
  publishBundle(device: string, encoded: Bytes): Promise<void>;
  publishOneTime(device: string, id: number, encoded: Bytes): Promise<void>;
  retractOneTime(device: string, id: number): Promise<void>;
}
