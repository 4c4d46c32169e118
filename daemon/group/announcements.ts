import { type Bytes, fromHex, toHex, utf8, type WireReader, WireWriter } from "../base/mod.ts";
import { framed } from "../crypto/mod.ts";
import { isUnderRoot, MAX_PARTS, merkleLeaf } from "./merkle.ts";
import { KIND, malformed, readCount, readLong, readWhole, writeLong } from "./payload.ts";
import { MAX_CHANGES } from "./roster.ts";

const LEAF = utf8("simppd group rekey 1");

/** What tells of the change itself; in the first part, and in every part that is sent to one alone. */
export interface Announcement {
  /** Signed, see {@link readStatement}. Its `rekeyRoot` is over all parts of the change. */
  readonly statement: Bytes;
  /** See {@link decodeRosterChange}; right when it leads to the hash in the statement. */
  readonly change: Bytes;
  /** The signed actions that the statement's reasons name by their hashes. */
  readonly actions: readonly Bytes[];
}

/** One part of the rekey messages of a change. */
export interface RekeyPart {
  readonly group: string;
  readonly incarnation: string;
  readonly epoch: number;
  /** Position below the Merkle root, and how many there are. */
  readonly part: number;
  readonly parts: number;
  /**
   * How many parts this receiver is sent. In the room that is all of them; sent to one alone it is
   * what concerns it.
   */
  readonly needed: number;
  readonly path: readonly Bytes[];
  readonly announcement: Announcement | null;
  /** `encodeWraps`. */
  readonly wraps: Bytes;
}

/** The Merkle leaf of a part. */
export function rekeyLeaf(part: Omit<RekeyPart, "path" | "announcement" | "needed">): Bytes {
  const head = new WireWriter().raw(fromHex(part.group)).raw(fromHex(part.incarnation))
    .u32(part.epoch).u16(part.part).u16(part.parts).finish();
  return merkleLeaf(framed(LEAF, head, part.wraps));
}

/** Does the part stand under the root that a statement names? */
export function isPartOf(root: Bytes, part: RekeyPart): boolean {
  return isUnderRoot(root, rekeyLeaf(part), part.part, part.parts, part.path);
}

export function encodeRekey(part: RekeyPart): Bytes {
  const writer = new WireWriter().u8(KIND.rekey).raw(fromHex(part.group))
    .raw(fromHex(part.incarnation)).u32(part.epoch).u16(part.part).u16(part.parts)
    .u16(part.needed).u8(part.path.length);
  for (const hash of part.path) writer.raw(hash);
  writer.u8(part.announcement === null ? 0 : 1);
  if (part.announcement !== null) {
    const { statement, change, actions } = part.announcement;
    writeLong(writeLong(writer, statement), change).u16(actions.length);
    for (const action of actions) writeLong(writer, action);
  }
  return writeLong(writer, part.wraps).finish();
}

/** @throws SimppdError `bad-group-message` */
export function decodeRekey(payload: Uint8Array): RekeyPart {
  return readWhole(payload, (reader) => {
    if (reader.u8() !== KIND.rekey) throw malformed();
    const group = toHex(reader.raw(16)), incarnation = toHex(reader.raw(16));
    const epoch = reader.u32(), part = reader.u16(), parts = reader.u16(), needed = reader.u16();
    if (part >= parts || parts > MAX_PARTS || needed === 0 || needed > parts) throw malformed();
    const path = Array.from({ length: readCount(reader.u8(), 12) }, () => reader.raw(32));
    const announcement = readAnnouncement(reader);
    const wraps = readLong(reader);
    return { group, incarnation, epoch, part, parts, needed, path, announcement, wraps };
  });
}

function readAnnouncement(reader: WireReader): Announcement | null {
  const present = reader.u8();
  if (present > 1) throw malformed();
  if (present === 0) return null;
  const statement = readLong(reader), change = readLong(reader);
  const count = readCount(reader.u16(), 2 * MAX_CHANGES);
  return { statement, change, actions: Array.from({ length: count }, () => readLong(reader)) };
}

/** The newest statement, said again. */
export function encodeStatement(group: string, statement: Bytes): Bytes {
  return writeLong(new WireWriter().u8(KIND.statement).raw(fromHex(group)), statement).finish();
}

/** @returns the signed statement, see {@link readStatement}. @throws SimppdError `bad-group-message` */
export function decodeStatement(payload: Uint8Array): { group: string; statement: Bytes } {
  return readWhole(payload, (reader) => {
    if (reader.u8() !== KIND.statement) throw malformed();
    return { group: toHex(reader.raw(16)), statement: readLong(reader) };
  });
}
