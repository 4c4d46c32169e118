import { type Bytes, concat, fromHex, toHex, utf8, WireReader, WireWriter } from "../base/mod.ts";
import { ed25519, framed, hkdf, OpenError, sha256 } from "../crypto/mod.ts";
import { type MessageName, MOST_NAMES } from "./arrivals.ts";
import type { DataSuite } from "./data_suites.ts";
import { KIND, MAX_PAYLOAD } from "./payload.ts";

/** What the sender's device signs with. */
export const DATA_LABEL = "simppd group message 1";
/** Bytes of content that one message holds. */
export const MAX_CONTENT = 64 * 1024;
const SALT = 16;
const SIGNATURE = 64;
/** Sizes show in steps of so many bytes. */
const STEP = 256;
/** Bytes of one name, and names for which a message may grow by a step. */
const [NAME, FEW_NAMES] = [24, 4];
/** Bytes of a payload's hash that name it. */
const HASH = 16;

/** What stands in clear before the seal, and is bound by it. */
export interface DataHeader {
  /** 16 bytes. */
  readonly group: Bytes;
  /** 16 bytes; the first four travel, all are signed. */
  readonly incarnation: Bytes;
  readonly epoch: number;
  /** The sender's device id, 8 bytes. */
  readonly device: Bytes;
  readonly counter: number;
  /** 16 bytes; they make the message's key its own. */
  readonly salt: Bytes;
}

/** A sealed message, read but not opened. */
export interface DataMessage {
  readonly group: Bytes;
  /** First four bytes of the incarnation, 8 hex digits. */
  readonly incarnation: string;
  readonly epoch: number;
  /** 16 hex digits. */
  readonly device: string;
  readonly counter: number;
  readonly salt: Bytes;
  /** Everything before the seal. */
  readonly header: Bytes;
  readonly sealed: Bytes;
}

/** By what a payload is named and known: half of its SHA-256, 32 hex digits. */
export function payloadHash(payload: Uint8Array): string {
  return toHex(sha256(payload as Bytes).slice(0, HASH));
}

/** Reads a message's outside. @throws RangeError */
export function readData(payload: Uint8Array): DataMessage {
  if (payload.length > MAX_PAYLOAD) throw new RangeError(`a message of ${payload.length} bytes`);
  const reader = new WireReader(payload);
  if (reader.u8() !== KIND.data) throw new RangeError("no data message");
  const group = reader.raw(16);
  const incarnation = toHex(reader.raw(4));
  const epoch = reader.u32();
  const device = toHex(reader.raw(8));
  const counter = reader.u64();
  const salt = reader.raw(SALT);
  const header = payload.slice(0, payload.length - reader.left) as Bytes;
  const sealed = reader.raw(reader.left);
  return { group, incarnation, epoch, device, counter, salt, header, sealed };
}

/**
 * Seals content under an epoch's key: HKDF of it and header gives this message a key of its own, and
 * the sender's device signs header, incarnation, content and names inside.
 * @param sign Ed25519 by the device key, under the label given
 * @param heard what the sender heard last, oldest first: as many of the newest go along as there is
 *   room for
 * @param kept is it one that archives are to keep?
 * @throws RangeError when the content is above {@link MAX_CONTENT}
 */
export function sealData(
  suite: DataSuite,
  epochKey: Bytes,
  header: DataHeader,
  content: Uint8Array,
  sign: (label: string, bytes: Bytes) => Bytes,
  heard: readonly MessageName[] = [],
  kept = true,
): Bytes {
  if (content.length > MAX_CONTENT) throw new RangeError(`content of ${content.length} bytes`);
  const outside = new WireWriter().u8(KIND.data).raw(header.group).raw(
    header.incarnation.subarray(0, 4),
  )
    .u32(header.epoch).raw(header.device).u64(header.counter).raw(header.salt).finish();
  const bare = SIGNATURE + 4 + content.length + 2;
  const trail = encodeTrail(kept, heard, Math.floor((stepped(bare) - bare) / NAME));
  const signature = sign(DATA_LABEL, signedOf(header.incarnation, outside, content, trail));
  const length = bare - 2 + trail.length;
  const padding = new Uint8Array(stepped(length) - length);
  const inside = new WireWriter().raw(signature).u32(content.length).raw(content).raw(trail)
    .raw(padding);
  const { key, nonce } = messageKey(suite, epochKey, header.incarnation, outside);
  return concat(outside, suite.seal(key, nonce, inside.finish(), outside));
}

/**
 * Opens what {@link sealData} made.
 * @param deviceKey the sender's, from the epoch's list of members
 * @throws OpenError whatever is wrong with it: seal, padding or signature
 */
export function openData(
  suite: DataSuite,
  epochKey: Bytes,
  incarnation: Bytes,
  message: DataMessage,
  deviceKey: Bytes,
): { content: Bytes; heard: MessageName[]; kept: boolean } {
  const { key, nonce } = messageKey(suite, epochKey, incarnation, message.header);
  const inside = new WireReader(suite.open(key, nonce, message.sealed, message.header));
  try {
    const signature = inside.raw(SIGNATURE);
    const length = inside.u32();
    if (length > MAX_CONTENT) throw new OpenError();
    const content = inside.raw(length);
    const kept = inside.u8();
    const count = inside.u8();
    if (kept > 1 || count > MOST_NAMES) throw new OpenError();
    const heard = Array.from(
      { length: count },
      () => ({ device: toHex(inside.raw(8)), hash: toHex(inside.raw(HASH)) }),
    );
    const padding = inside.raw(inside.left);
    if (padding.length >= STEP || padding.some((byte) => byte !== 0)) throw new OpenError();
    const signed = signedOf(
      incarnation,
      message.header,
      content,
      encodeTrail(kept === 1, heard, count),
    );
    if (!ed25519.verify(deviceKey, DATA_LABEL, signed, signature)) throw new OpenError();
    return { content, heard, kept: kept === 1 };
  } catch (error) {
    throw error instanceof OpenError ? error : new OpenError();
  }
}

/**
 * Kept u8, count u8, then device and hash each; the newest that there is room for, and always a few.
 */
function encodeTrail(kept: boolean, heard: readonly MessageName[], room: number): Bytes {
  const names = heard.slice(-Math.min(MOST_NAMES, Math.max(room, FEW_NAMES)));
  const writer = new WireWriter().u8(kept ? 1 : 0).u8(names.length);
  for (const { device, hash } of names) writer.raw(fromHex(device)).raw(fromHex(hash));
  return writer.finish();
}

function stepped(length: number): number {
  return Math.ceil(length / STEP) * STEP;
}

function signedOf(
  incarnation: Bytes,
  outside: Bytes,
  content: Uint8Array,
  trail: Bytes,
): Bytes {
  return framed(incarnation, outside, content, trail);
}

/** The header names group, epoch, sender, counter and salt: no two messages share a key. */
function messageKey(suite: DataSuite, epochKey: Bytes, incarnation: Bytes, outside: Bytes) {
  const info = framed(utf8("simppd group message key 1"), utf8(suite.id));
  const salt = framed(incarnation, outside);
  const both = hkdf(epochKey, salt, info, suite.keyLength + suite.nonceLength);
  return { key: both.slice(0, suite.keyLength), nonce: both.slice(suite.keyLength) };
}
