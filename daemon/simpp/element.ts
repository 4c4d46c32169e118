import { type Bytes, fromBase64, toBase64 } from "../base/mod.ts";
import { el, type Element } from "../xmpp/core/mod.ts";
import { MAX_DEVICES } from "./device_list.ts";
import { SimppError } from "./errors.ts";

/** Namespace of the sealed element, the bundle and the device list. */
export const SIMPP_NS = "urn:simpp:2";
const DEVICE_ID = /^[0-9a-f]{16}$/;
const MAX_PACKET = 200 * 1024;

/** Packets of one message: one a device it is for. */
export interface SealedMessage {
  /** Id of the sending device. */
  readonly from: string;
  /** Packet by device id. */
  readonly packets: ReadonlyMap<string, Bytes>;
}

/** `<simpp sid="…"><for did="…">base64</for>…</simpp>` */
export function writeSealed(message: SealedMessage): Element {
  return el(
    "simpp",
    { xmlns: SIMPP_NS, sid: message.from },
    ...[...message.packets].map(([did, packet]) => el("for", { did }, toBase64(packet))),
  );
}

/** @throws SimppError `bad-envelope` */
export function readSealed(element: Element): SealedMessage {
  const refuse = (cause?: unknown) =>
    new SimppError("bad-envelope", "A sealed message could not be read: it is malformed.", cause);
  const from = element.attrs.sid ?? "";
  const parts = element.getChildren("for", SIMPP_NS);
  if (!DEVICE_ID.test(from) || parts.length > 2 * MAX_DEVICES) throw refuse();
  const packets = new Map<string, Bytes>();
  for (const part of parts) {
    const did = part.attrs.did ?? "";
    const text = part.getText();
    if (!DEVICE_ID.test(did) || packets.has(did) || text.length > MAX_PACKET * 4 / 3) {
      throw refuse();
    }
    try {
      packets.set(did, fromBase64(text));
    } catch (error) {
      throw refuse(error);
    }
  }
  return { from, packets };
}
