import { type Bytes, WireReader, WireWriter } from "../base/mod.ts";
import { ed25519, isSmallOrder } from "../crypto/mod.ts";
import { SimppError } from "./errors.ts";
import { deviceIdOf, type Identity } from "./identity.ts";

const LABEL = "simpp device list 2";
const VERSION = 2;
/** More devices than this no person has; it bounds what one message costs. */
export const MAX_DEVICES = 32;

/** A person's devices, numbered and signed by the account key. */
export interface DeviceList {
  readonly account: Bytes;
  /** Grows with every change; a lower one than seen is a rollback. */
  readonly number: number;
  /** Device public keys. */
  readonly devices: readonly Bytes[];
  /** The signed encoding, as it travels. */
  readonly encoded: Bytes;
}

/**
 * Signs a list (docs/protocol.md "Device list").
 * @throws SimppError `too-many-devices`; RangeError for a list that nobody would read
 */
export function signDeviceList(
  account: Identity["account"],
  number: number,
  devices: readonly Bytes[],
): DeviceList {
  if (devices.length > MAX_DEVICES) {
    throw new SimppError(
      "too-many-devices",
      `An account has at most ${MAX_DEVICES} devices; remove one of them first.`,
    );
  }
  if (devices.length === 0 || new Set(devices.map(deviceIdOf)).size !== devices.length) {
    throw new RangeError("a list names at least one device, and each once");
  }
  const body = new WireWriter().u8(VERSION).raw(account.public).u32(number).u8(devices.length);
  for (const device of devices) body.raw(device);
  const signed = body.finish();
  const signature = ed25519.sign(account.secret, LABEL, signed);
  const encoded = new WireWriter().raw(signed).raw(signature).finish();
  return { account: account.public, number, devices, encoded };
}

/** @throws SimppError `bad-device-list` when it is malformed or its signature does not hold */
export function readDeviceList(encoded: Uint8Array): DeviceList {
  const refuse = (cause?: unknown) =>
    new SimppError("bad-device-list", "The contact's list of devices is damaged or forged.", cause);
  let list: DeviceList;
  try {
    const reader = new WireReader(encoded);
    if (reader.u8() !== VERSION) throw refuse();
    const account = reader.raw(32);
    const number = reader.u32();
    const count = reader.u8();
    if (count === 0 || count > MAX_DEVICES) throw refuse();
    const devices = Array.from({ length: count }, () => reader.raw(32));
    reader.raw(64);
    reader.end();
    if (new Set(devices.map(deviceIdOf)).size !== count) throw refuse();
    if ([account, ...devices].some(isSmallOrder)) throw refuse();
    list = { account, number, devices, encoded: new Uint8Array(encoded) };
  } catch (error) {
    throw error instanceof SimppError ? error : refuse(error);
  }
  const body = encoded.subarray(0, encoded.length - 64);
  if (!ed25519.verify(list.account, LABEL, body, encoded.subarray(encoded.length - 64))) {
    throw refuse();
  }
  return list;
}

/** What an unreadable list of ours named, as far as that can be told. */
export function salvageDeviceList(encoded: Bytes): { number: number; devices: Bytes[] } {
  try {
    const reader = new WireReader(encoded);
    reader.u8();
    reader.raw(32);
    const number = reader.u32();
    const devices = Array.from({ length: reader.u8() }, () => reader.raw(32));
    const once = new Map(devices.map((device) => [deviceIdOf(device), device]));
    return { number, devices: [...once.values()].slice(0, MAX_DEVICES) };
  } catch {
    return { number: 0, devices: [] };
  }
}
