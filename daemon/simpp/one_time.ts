import { type Bytes, WireReader, WireWriter } from "../base/mod.ts";
import { ed25519, type KeyPair } from "../crypto/mod.ts";
import type { PublicPrekey } from "./bundle.ts";
import { SimppError } from "./errors.ts";

const LABEL = "simpp one-time prekey 2";
const VERSION = 2;
const MAX_LENGTH = 4096;

/** A prekey for one session only: a public half for each kind the device's suites need. */
export interface OneTimePrekey {
  readonly id: number;
  readonly prekeys: readonly Omit<PublicPrekey, "id">[];
}

/** Signs a one-time prekey with the device key (docs/protocol.md "One-time prekey"). */
export function signOneTime(device: KeyPair, prekey: OneTimePrekey): Bytes {
  const writer = new WireWriter().u8(VERSION).u32(prekey.id).u8(prekey.prekeys.length);
  for (const { kind, public: key } of prekey.prekeys) writer.u8(kind).bytes(key);
  const body = writer.finish();
  return new WireWriter().raw(body).raw(ed25519.sign(device.secret, LABEL, body)).finish();
}

/** @throws SimppError `bad-bundle` when it is malformed, of another id, or not the device's */
export function readOneTime(encoded: Uint8Array, device: Bytes, id: number): OneTimePrekey {
  const refuse = (cause?: unknown) =>
    new SimppError("bad-bundle", "The contact's published keys are damaged or forged.", cause);
  if (encoded.length < 64 || encoded.length > MAX_LENGTH) throw refuse();
  const body = encoded.subarray(0, encoded.length - 64);
  if (!ed25519.verify(device, LABEL, body, encoded.subarray(encoded.length - 64))) throw refuse();
  try {
    const reader = new WireReader(body);
    if (reader.u8() !== VERSION || reader.u32() !== id) throw refuse();
    const prekeys = Array.from(
      { length: reader.u8() },
      () => ({ kind: reader.u8(), public: reader.bytes() }),
    );
    reader.end();
    return { id, prekeys };
  } catch (error) {
    throw error instanceof SimppError ? error : refuse(error);
  }
}
