import { type Bytes, SimppdError, toHex, WireReader, type WireWriter } from "../base/mod.ts";

/** XML namespace of what groups send: `keystone` within envelopes, `group` in the room. */
export const GROUP_NS = "urn:simpp:group:1";

/**
 * The largest payload, in bytes. Base64 of it and its envelope stay below what an envelope may hold
 * (128 KiB) and what servers commonly let through as one stanza (256 KiB).
 */
export const MAX_PAYLOAD = 90 * 1024;

/** First byte of a payload: what it is (docs/protocol.md "Groups"). */
export const KIND = {
  register: 1,
  join: 2,
  leave: 3,
  resync: 4,
  act: 5,
  status: 6,
  specification: 7,
  authenticate: 8,
  host: 9,
  registered: 17,
  joined: 18,
  left: 19,
  refused: 20,
  resynced: 21,
  done: 22,
  standing: 23,
  specified: 24,
  ticket: 25,
  rekey: 32,
  statement: 33,
  data: 64,
} as const;
export type Kind = keyof typeof KIND;

/** Something that came is no message of a group; nothing was changed by it. */
export function malformed(cause?: unknown): SimppdError {
  return new SimppdError(
    "bad-group-message",
    "A message of a group cannot be read: it is damaged, forged, or of a newer simppd.",
    cause,
  );
}

/** Reads all of `bytes`. @throws SimppdError `bad-group-message` for any fault, one sentence for all */
export function readWhole<T>(bytes: Uint8Array, read: (reader: WireReader) => T): T {
  if (bytes.length > MAX_PAYLOAD) throw malformed();
  try {
    const reader = new WireReader(bytes);
    const value = read(reader);
    reader.end();
    return value;
  } catch (error) {
    throw error instanceof SimppdError ? error : malformed(error);
  }
}

/** Which kind and group a payload says it is of; undefined when it is too short or unknown. */
export function peek(payload: Uint8Array): { kind: Kind; group: string } | undefined {
  const kind = KINDS.get(payload[0] ?? 0);
  if (kind === undefined) return undefined;
  const at = payload[0]! < KIND.rekey ? 17 : 1;
  if (payload.length < at + 16) return undefined;
  return { kind, group: toHex(payload.subarray(at, at + 16)) };
}
const KINDS = new Map<number, Kind>(
  Object.entries(KIND).map(([name, code]) => [code, name as Kind]),
);

/** Bytes behind a four-byte length. */
export function writeLong(writer: WireWriter, bytes: Uint8Array): WireWriter {
  return writer.u32(bytes.length).raw(bytes);
}
export function readLong(reader: WireReader): Bytes {
  return reader.raw(reader.u32());
}

/** @throws SimppdError when a list names more than `most` */
export function readCount(count: number, most: number): number {
  if (count > most) throw malformed();
  return count;
}
