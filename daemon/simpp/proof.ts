import { type Bytes, WireReader, WireWriter } from "../base/mod.ts";
import { type DeviceList, readDeviceList } from "./device_list.ts";
import { SimppError } from "./errors.ts";

/**
 * Who a sender is, inside the sealed part of its first messages (docs/protocol.md "Proof"): its
 * device list, its device, the suites it offers, its signature over the transcript.
 */
export interface ProofBlock {
  readonly devices: DeviceList;
  readonly device: Bytes;
  readonly offered: readonly number[];
  /** The key that signed, when it is not the device key: certified by it. */
  readonly signing: { readonly public: Bytes; readonly certificate: Bytes } | null;
  readonly signature: Bytes;
}

const FLAG_PROOF = 1;

/** The plaintext of a ratchet message: an optional proof, then the content. */
export function joinPayload(
  proof: Omit<ProofBlock, "devices"> & { devices: Bytes } | null,
  content: Uint8Array,
): Bytes {
  const writer = new WireWriter();
  if (proof === null) return writer.u8(0).raw(content).finish();
  const none = new Uint8Array(0);
  return writer.u8(FLAG_PROOF).bytes(proof.devices).raw(proof.device)
    .bytes(Uint8Array.from(proof.offered)).bytes(proof.signing?.public ?? none)
    .bytes(proof.signing?.certificate ?? none).bytes(proof.signature).raw(content).finish();
}

/** @throws SimppError `bad-handshake` or `bad-device-list` */
export function splitPayload(payload: Uint8Array): { proof: ProofBlock | null; content: Bytes } {
  try {
    const reader = new WireReader(payload);
    const flags = reader.u8();
    if (flags === 0) return { proof: null, content: reader.raw(reader.left) };
    if (flags !== FLAG_PROOF) throw new RangeError(`flags ${flags}`);
    const proof = {
      devices: readDeviceList(reader.bytes()),
      device: reader.raw(32),
      offered: [...reader.bytes()],
      signing: signingOf(reader.bytes(), reader.bytes()),
      signature: reader.bytes(),
    };
    return { proof, content: reader.raw(reader.left) };
  } catch (error) {
    if (error instanceof SimppError) throw error;
    throw new SimppError("bad-handshake", "A message's proof of its sender is damaged.", error);
  }
}

function signingOf(key: Bytes, certificate: Bytes): ProofBlock["signing"] {
  return key.length === 0 && certificate.length === 0 ? null : { public: key, certificate };
}
