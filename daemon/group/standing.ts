import { type Bytes, fromHex, utf8, WireWriter } from "../base/mod.ts";
import { equal, framed, hkdf, OpenError } from "../crypto/mod.ts";
import type { Standing } from "./answers.ts";
import type { Change } from "./rekey_collector.ts";
import { isStatementOf, readStatement, type SignedStatement } from "./epoch_statement.ts";
import { MemberKeys } from "./member_keys.ts";
import { malformed } from "./payload.ts";
import {
  applyRosterChange,
  decodeRoster,
  decodeRosterChange,
  memberIdOf,
  requireOwnDevices,
  type Roster,
  rosterHash,
} from "./roster.ts";
import { decodeWraps, type KeyName } from "./wrap.ts";

/** An epoch that was proved: who is in it, and the keys that lead to its own. */
export interface Proved {
  readonly statement: SignedStatement;
  readonly roster: Roster;
  readonly keys: MemberKeys;
  /** 32 bytes: what messages of this epoch are sealed from. */
  readonly epochKey: Bytes;
}

/** Who we are to the group. */
export interface Self {
  /** Bare JID. */
  readonly jid: string;
  /** 16 hex digits. */
  readonly device: string;
  /** Ed25519, 32 bytes, both. */
  readonly deviceKey: Bytes;
  readonly accountKey: Bytes;
}

/**
 * The key of an epoch's messages, apart from the group key: that one also wraps its successor, so
 * that epoch keys which are kept for the history lead to nothing else.
 */
export function epochKeyOf(groupKey: Bytes, statement: SignedStatement): Bytes {
  const salt = new WireWriter().raw(fromHex(statement.group)).raw(fromHex(statement.incarnation))
    .u32(statement.epoch).finish();
  return hkdf(groupKey, salt, framed(utf8("simppd group epoch key 1")), 32);
}

/** Is our device in the list, with our key? */
export function isIn(roster: Roster, self: Self): boolean {
  const id = memberIdOf(self.jid, self.device);
  return roster.some((member) => member.id === id && equal(member.deviceKey, self.deviceKey));
}

/**
 * Proves a standing that the key server gave us alone. Null when it is signed by another key.
 * @throws SimppdError `bad-group-message` when anything in it does not fit the signed statement
 */
export function proveStanding(
  standing: Standing,
  group: string,
  key: Bytes,
  self: Self,
  individualKey: Bytes,
): Proved | null {
  const statement = readStatement(standing.statement);
  if (!isStatementOf(key, statement)) return null;
  if (statement.group !== group) throw malformed();
  const roster = decodeRoster(standing.members);
  if (!equal(rosterHash(roster), statement.members) || !isIn(roster, self)) throw malformed();
  requireOwnDevices(roster);
  const keys = new MemberKeys({
    group: fromHex(statement.incarnation),
    member: memberIdOf(self.jid, self.device),
    leaf: standing.leaf,
    individualKey,
  });
  const epochKey = take(keys, statement, standing.wraps);
  if (epochKey === null) throw malformed();
  return { statement, roster, keys, epochKey };
}

/**
 * The members after a change that the key server announced.
 * @throws SimppdError `bad-group-message` when they are not those of the signed statement
 */
export function rosterAfter(before: Roster, change: Change): Roster {
  const roster = applyRosterChange(before, decodeRosterChange(change.announcement.change));
  if (!equal(rosterHash(roster), change.statement.members)) throw malformed();
  requireOwnDevices(roster);
  return roster;
}

/**
 * Takes our keys out of a change. Null when parts are still missing.
 * @param keys stay as they are
 * @throws SimppdError `bad-group-message` when a wrap for us is forged
 */
export function proveChange(keys: MemberKeys, change: Change, roster: Roster): Proved | null {
  const { statement, parts } = change;
  const copy = keys.copy();
  const epochKey = take(copy, statement, ...[...parts.values()].map(({ wraps }) => wraps));
  return epochKey === null ? null : { statement, roster, keys: copy, epochKey };
}

function take(keys: MemberKeys, statement: SignedStatement, ...wraps: Bytes[]): Bytes | null {
  try {
    keys.apply(statement.epoch, wraps.flatMap((each) => decodeWraps(each)));
  } catch (error) {
    if (error instanceof OpenError || error instanceof RangeError) throw malformed(error);
    throw error;
  }
  const held = keys.groupKey;
  if (held === undefined || !sameName(held.name, statement.groupKeyName)) return null;
  return epochKeyOf(held.groupKey, statement);
}

function sameName(a: KeyName, b: KeyName): boolean {
  return a.node === b.node && a.version === b.version;
}
