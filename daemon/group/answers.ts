import {
  type Bytes,
  fromHex,
  fromUtf8,
  toHex,
  utf8,
  type WireReader,
  WireWriter,
} from "../base/mod.ts";
import { KIND, malformed, readCount, readLong, readWhole, writeLong } from "./payload.ts";
import type { RequestHead } from "./requests.ts";
import { MAX_SPECIFICATION } from "./spec_text.ts";
import type { KeyName } from "./wrap.ts";

/** Epochs over which a key server can prove that its chain goes on from what a member has. */
export const MAX_CHAIN = 512;

/** What a member needs to stand in the newest epoch. */
export interface Standing {
  /** Signed, see {@link readStatement}. */
  readonly statement: Bytes;
  /** See {@link decodeRoster}. */
  readonly members: Bytes;
  /** The member's own leaf of the key graph. */
  readonly leaf: KeyName;
  /** The keys from that leaf to the root, wrapped under the individual key (`encodeWraps`). */
  readonly wraps: Bytes;
}

/** What a key server, or a registrar (`ticket`, `refused`), answers. */
export type GroupAnswer =
  & RequestHead
  & (
    | {
      readonly kind: "registered";
      /** 32 bytes: shared by this member and the key server alone. */
      readonly individualKey: Bytes;
      /** Text of the specification. */
      readonly specification: string;
      /** 32 hex digits, for `join`. */
      readonly registration: string;
      /** Signed by the pinned key of the key server, see {@link isRegistrationProof}: 64 bytes. */
      readonly proof: Bytes;
    }
    | { readonly kind: "joined" } & Standing
    | { readonly kind: "left" | "done" }
    | { readonly kind: "refused"; readonly code: string; readonly message: string }
    | {
      readonly kind: "resynced";
      /**
       * Digests of the statements after the asker's up to the newest one; null when the key server
       * cannot prove the way from there (too long ago, or of another incarnation). Empty: the asker
       * has the newest one; then there are no members, leaf and wraps either.
       */
      readonly chain: readonly Bytes[] | null;
    } & Standing
    | {
      readonly kind: "standing";
      /** Empty before the first member joined. */
      readonly statement: Bytes;
      readonly members: Bytes;
      /** 32 hex digits: what actions are to name. */
      readonly incarnation: string;
    }
    | { readonly kind: "specified"; readonly specification: string }
    | { readonly kind: "ticket"; readonly ticket: Bytes }
  );

export function encodeAnswer(answer: GroupAnswer): Bytes {
  const writer = new WireWriter().u8(KIND[answer.kind]).raw(fromHex(answer.request))
    .raw(fromHex(answer.group));
  switch (answer.kind) {
    case "registered":
      writer.raw(answer.individualKey).raw(fromHex(answer.registration)).raw(answer.proof);
      writeLong(writer, utf8(answer.specification));
      break;
    case "joined":
      writeStanding(writer, answer);
      break;
    case "resynced":
      writer.u8(answer.chain === null ? 0 : 1).u16(answer.chain?.length ?? 0);
      for (const digest of answer.chain ?? []) writer.raw(digest);
      writeStanding(writer, answer);
      break;
    case "refused":
      writer.text(answer.code).text(answer.message);
      break;
    case "standing":
      writer.raw(fromHex(answer.incarnation));
      writeLong(writeLong(writer, answer.statement), answer.members);
      break;
    case "specified":
      writeLong(writer, utf8(answer.specification));
      break;
    case "ticket":
      writer.bytes(answer.ticket);
      break;
    case "left":
    case "done":
  }
  return writer.finish();
}

/** @throws SimppdError `bad-group-message`, also for requests */
export function decodeAnswer(payload: Uint8Array): GroupAnswer {
  return readWhole(payload, (reader) => {
    const kind = reader.u8();
    const head = { request: toHex(reader.raw(16)), group: toHex(reader.raw(16)) };
    return { ...head, ...readBody(kind, reader) };
  });
}

type Body = GroupAnswer extends infer A ? A extends RequestHead ? Omit<A, keyof RequestHead> : never
  : never;

function readBody(kind: number, reader: WireReader): Body {
  switch (kind) {
    case KIND.registered: {
      const individualKey = reader.raw(32), registration = toHex(reader.raw(16));
      const proof = reader.raw(64), specification = readText(reader);
      return { kind: "registered", individualKey, registration, proof, specification };
    }
    case KIND.joined:
      return { kind: "joined", ...readStanding(reader) };
    case KIND.left:
      return { kind: "left" };
    case KIND.done:
      return { kind: "done" };
    case KIND.refused:
      return { kind: "refused", code: reader.text(), message: reader.text() };
    case KIND.resynced: {
      const known = reader.u8(), count = readCount(reader.u16(), MAX_CHAIN);
      const digests = Array.from({ length: count }, () => reader.raw(32));
      if (known > 1 || (known === 0 && count > 0)) throw malformed();
      return { kind: "resynced", chain: known === 1 ? digests : null, ...readStanding(reader) };
    }
    case KIND.standing: {
      const incarnation = toHex(reader.raw(16)), statement = readLong(reader);
      return { kind: "standing", incarnation, statement, members: readLong(reader) };
    }
    case KIND.specified:
      return { kind: "specified", specification: readText(reader) };
    case KIND.ticket:
      return { kind: "ticket", ticket: reader.bytes() };
  }
  throw malformed();
}

function writeStanding(writer: WireWriter, { statement, members, leaf, wraps }: Standing): void {
  writeLong(writeLong(writer, statement), members).u32(leaf.node).u32(leaf.version);
  writeLong(writer, wraps);
}
function readStanding(reader: WireReader): Standing {
  const statement = readLong(reader), members = readLong(reader);
  return {
    statement,
    members,
    leaf: { node: reader.u32(), version: reader.u32() },
    wraps: readLong(reader),
  };
}
function readText(reader: WireReader): string {
  const text = readLong(reader);
  readCount(text.length, MAX_SPECIFICATION);
  return fromUtf8(text);
}
