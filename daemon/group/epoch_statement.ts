import { type Bytes, toHex, utf8, type WireReader, WireWriter } from "../base/mod.ts";
import { ed25519, framed, sha256 } from "../crypto/mod.ts";
import { dataSuite, dataSuiteByCode, type DataSuiteId } from "./data_suites.ts";
import { malformed, readCount, readWhole } from "./payload.ts";
import { MAX_CHANGES } from "./roster.ts";
import type { KeyName } from "./wrap.ts";

const LABEL = "simppd group statement 1";
const DIGEST = utf8("simppd group statement digest 1");
const CHAIN = utf8("simppd group chain 1");
const ZEROS = new Uint8Array(32);

/** Why an epoch began. */
export const REASONS = [
  "created",
  "joined",
  "left",
  "expelled",
  "renewed",
  "restored",
  "role",
  "respecified",
  "closed",
] as const;

export interface Reason {
  readonly kind: typeof REASONS[number];
  /** Member id, or the bare JID of those whose role changed; empty where nobody is meant. */
  readonly subject: string;
  /** Hash of the signed action behind it; null where none is needed. */
  readonly action: Bytes | null;
}

/** What a key server says of an epoch, signed. */
export interface EpochStatement {
  /** 32 hex digits. */
  readonly group: string;
  /** 32 hex digits; a new one after the key server was restored from a backup. */
  readonly incarnation: string;
  readonly epoch: number;
  /** Link of the epoch before ({@link chainLink}); zeros for the first one. */
  readonly previous: Bytes;
  readonly members: Bytes;
  readonly groupKeyName: KeyName;
  readonly suite: DataSuiteId;
  readonly specification: Bytes;
  /** ms since 1970 by the key server's clock; for display alone. */
  readonly time: number;
  readonly reasons: readonly Reason[];
  /** Root over the rekey messages of the change that made this epoch. */
  readonly rekeyRoot: Bytes;
}

/** A statement with its signature, as it travels. */
export interface SignedStatement extends EpochStatement {
  readonly encoded: Bytes;
  /** Link of the chain at this epoch: what the next one has as `previous`. */
  readonly link: Bytes;
}

/** @param secret the key server's Ed25519 secret */
export function signStatement(secret: Bytes, statement: EpochStatement): SignedStatement {
  const writer = new WireWriter().raw(Uint8Array.fromHex(statement.group))
    .raw(Uint8Array.fromHex(statement.incarnation)).u32(statement.epoch)
    .raw(statement.previous).raw(statement.members)
    .u32(statement.groupKeyName.node).u32(statement.groupKeyName.version)
    .u8(dataSuite(statement.suite).code).raw(statement.specification).u64(statement.time)
    .u16(statement.reasons.length);
  for (const { kind, subject, action } of statement.reasons) {
    writer.u8(REASONS.indexOf(kind)).text(subject).raw(action ?? ZEROS);
  }
  const body = writer.raw(statement.rekeyRoot).finish();
  const signature = ed25519.sign(secret, LABEL, body);
  const encoded = new WireWriter().raw(body).raw(signature).finish();
  return { ...statement, encoded, link: chainLink(statement.previous, statementDigest(encoded)) };
}

/** Reads a statement without knowing whose it is. @throws SimppdError `bad-group-message` */
export function readStatement(encoded: Uint8Array): SignedStatement {
  return readWhole(encoded, (reader) => {
    const statement = {
      group: toHex(reader.raw(16)),
      incarnation: toHex(reader.raw(16)),
      epoch: reader.u32(),
      previous: reader.raw(32),
      members: reader.raw(32),
      groupKeyName: { node: reader.u32(), version: reader.u32() },
      suite: readSuite(reader),
      specification: reader.raw(32),
      time: reader.u64(),
      reasons: readReasons(reader),
      rekeyRoot: reader.raw(32),
    };
    reader.raw(64);
    const copy = new Uint8Array(encoded);
    return {
      ...statement,
      encoded: copy,
      link: chainLink(statement.previous, statementDigest(copy)),
    };
  });
}

/** Did the owner of `key` sign it? */
export function isStatementOf(key: Bytes, { encoded }: SignedStatement): boolean {
  const at = encoded.length - 64;
  return ed25519.verify(key, LABEL, encoded.subarray(0, at), encoded.subarray(at));
}

/** Hash of a signed statement: 32 bytes. */
export function statementDigest(encoded: Uint8Array): Bytes {
  return sha256(framed(DIGEST, encoded));
}

/** The next link of the chain of an incarnation's epochs. */
export function chainLink(previous: Uint8Array, digest: Uint8Array): Bytes {
  return sha256(framed(CHAIN, previous, digest));
}

/** The link that the digests of the epochs since lead to, from the link of an older epoch. */
export function followChain(link: Bytes, digests: readonly Bytes[]): Bytes {
  return digests.reduce((at, digest) => chainLink(at, digest), link);
}

function readReasons(reader: WireReader): Reason[] {
  const count = readCount(reader.u16(), 2 * MAX_CHANGES);
  return Array.from({ length: count }, () => {
    const kind = REASONS[reader.u8()];
    if (kind === undefined) throw malformed();
    const subject = reader.text();
    const action = reader.raw(32);
    return { kind, subject, action: action.every((byte) => byte === 0) ? null : action };
  });
}

function readSuite(reader: WireReader): DataSuiteId {
  const suite = dataSuiteByCode(reader.u8());
  if (suite !== undefined) return suite.id;
  throw malformed();
}
