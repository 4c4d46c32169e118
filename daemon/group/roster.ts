import { type Bytes, toHex, utf8, type WireReader, WireWriter } from "../base/mod.ts";
import { framed, sha256 } from "../crypto/mod.ts";
import { deviceIdOf } from "../simpp/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import type { GroupMember } from "./group_keys.ts";
import { encodedRoster, takeOverEncoding, writeMember } from "./roster_encoding.ts";
import { malformed, readCount, readWhole } from "./payload.ts";
import { type Role, ROLES } from "./specification.ts";

/** Bytes that the encoded list of a group's members may have: more than 500 members. */
export const MAX_ROSTER = 56 * 1024;
/** Members that come or go by one change of the key. */
export const MAX_CHANGES = 256;
/** Characters of a bare JID here (RFC 7622 allows 2,047). */
export const MAX_JID = 512;
const HASH_HEAD = framed(utf8("simppd group members 1"));

/** The members of an epoch, in the order in which they were admitted. */
export type Roster = readonly GroupMember[];

/** What makes the list of an epoch out of that of the epoch before. */
export interface RosterChange {
  /** Positions in the old list. */
  readonly removed: readonly number[];
  /** Positions in the old list, and the role each has now. */
  readonly roles: readonly { readonly position: number; readonly role: Role }[];
  /** Put at the end. */
  readonly added: Roster;
}

/** Names a device of a person as member of groups. */
export function memberIdOf(jid: string, device: string): string {
  return `${jid}/${device}`;
}

/** A member as its proved identity says. */
export function memberOf(
  jid: string,
  deviceKey: Bytes,
  accountKey: Bytes,
  role: Role,
): GroupMember {
  const device = deviceIdOf(deviceKey);
  return { id: memberIdOf(jid, device), jid, device, deviceKey, accountKey, role };
}

export function writeRole(writer: WireWriter, role: Role): WireWriter {
  return writer.u8(ROLES.indexOf(role));
}
export function readRole(reader: WireReader): Role {
  const role = ROLES[reader.u8()];
  if (role === undefined) throw malformed();
  return role;
}

/** Is it a bare JID as RFC 7622 prepares one, which every member can read and see for what it is? */
export function isBareJid(text: string): boolean {
  if (text.length > MAX_JID || /\p{C}/u.test(text)) return false;
  const jid = Jid.tryParse(text);
  return jid !== undefined && jid.resource === "" && jid.toString() === text;
}

/** A bare JID as it is written everywhere. @throws SimppdError for anything else, or too long */
export function readJid(reader: WireReader): string {
  const jid = reader.text();
  if (jid === "" || jid.length > MAX_JID || jid.includes("/")) throw malformed();
  if (Jid.tryParse(jid)?.toString() !== jid) throw malformed();
  return jid;
}

/**
 * A device is one account's: what it sealed bears its name alone, and under two accounts nobody could
 * tell whose it is. @throws SimppdError `bad-group-message`
 */
export function requireOwnDevices(roster: Roster): void {
  if (new Set(roster.map(({ device }) => device)).size !== roster.length) throw malformed();
}

function readMember(reader: WireReader): GroupMember {
  return memberOf(readJid(reader), reader.raw(32), reader.raw(32), readRole(reader));
}

/**
 * The list as it travels and is hashed: count u16, then address, device key, account key, role.
 * Nobody may change the bytes: they are kept with the list.
 */
export function encodeRoster(roster: Roster): Bytes {
  return encodedRoster(roster);
}

/** @throws SimppdError `bad-group-message`, also when a device is named twice */
export function decodeRoster(bytes: Uint8Array): Roster {
  return readWhole(bytes, (reader) => {
    const roster = Array.from({ length: reader.u16() }, () => readMember(reader));
    requireDistinct(roster);
    return roster;
  });
}

/** What epoch statements carry of a list: 32 bytes. */
export function rosterHash(roster: Roster): Bytes {
  const encoded = encodeRoster(roster);
  return sha256(HASH_HEAD, new WireWriter().u32(encoded.length).finish(), encoded);
}

export function encodeRosterChange(change: RosterChange): Bytes {
  const writer = new WireWriter().u16(change.removed.length);
  for (const position of change.removed) writer.u16(position);
  writer.u16(change.roles.length);
  for (const { position, role } of change.roles) writeRole(writer.u16(position), role);
  writer.u16(change.added.length);
  for (const member of change.added) writeMember(writer, member);
  return writer.finish();
}

/** @throws SimppdError `bad-group-message` */
export function decodeRosterChange(bytes: Uint8Array): RosterChange {
  return readWhole(bytes, (reader) => {
    const list = <T>(read: () => T) => Array.from({ length: reader.u16() }, read);
    const removed = list(() => reader.u16());
    const roles = list(() => ({ position: reader.u16(), role: readRole(reader) }));
    const added = list(() => readMember(reader));
    readCount(added.length, MAX_CHANGES);
    return { removed, roles, added };
  });
}

/**
 * The list after a change.
 * @throws SimppdError `bad-group-message` when it does not fit the list
 */
export function applyRosterChange(before: Roster, change: RosterChange): Roster {
  const after: (GroupMember | undefined)[] = [...before];
  for (const { position, role } of change.roles) {
    const member = after[position];
    if (member === undefined) throw malformed();
    after[position] = { ...member, role };
  }
  for (const position of change.removed) {
    if (after[position] === undefined) throw malformed();
    after[position] = undefined;
  }
  const roster = [...after.filter((member) => member !== undefined), ...change.added];
  requireNew(roster, change.added.length);
  takeOverEncoding(before, roster);
  return roster;
}

/**
 * The change that makes `after` of `before`. Who was in and stands behind somebody new, as who joins
 * anew within one change does, is taken out and put at the end.
 */
export function rosterChange(before: Roster, after: Roster): RosterChange {
  const positions = new Map(before.map((member, position) => [keyOf(member), position]));
  const kept = new Map<number, GroupMember>();
  let last = -1;
  for (const member of after) {
    const position = positions.get(keyOf(member));
    if (position === undefined || position < last) break;
    kept.set(last = position, member);
  }
  const removed: number[] = [];
  const roles: { position: number; role: Role }[] = [];
  for (const [position, { role }] of before.entries()) {
    const now = kept.get(position)?.role;
    if (now === undefined) removed.push(position);
    else if (now !== role) roles.push({ position, role: now });
  }
  return { removed, roles, added: after.slice(kept.size) };
}

function keyOf({ jid, deviceKey, accountKey }: GroupMember): string {
  return `${jid} ${toHex(deviceKey)} ${toHex(accountKey)}`;
}

/** The last `added` were not there before, and differ: the others did already. */
function requireNew(roster: Roster, added: number): void {
  for (let at = roster.length - added; at < roster.length; at++) {
    const { id } = roster[at]!;
    for (let other = 0; other < at; other++) if (roster[other]!.id === id) throw malformed();
  }
}

function requireDistinct(roster: Roster): void {
  if (new Set(roster.map(({ id }) => id)).size !== roster.length) throw malformed();
}
