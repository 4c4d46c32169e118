import { type Bytes, fromHex, fromUtf8, toHex, utf8, WireWriter } from "../base/mod.ts";
import { ed25519, framed, sha256 } from "../crypto/mod.ts";
import { malformed, readLong, readWhole, writeLong } from "./payload.ts";
import { MAX_JID, readRole, writeRole } from "./roster.ts";
import { MAX_SPECIFICATION } from "./spec_text.ts";
import type { Role } from "./specification.ts";

/** Behind this label a device key signs actions; `simpp.sign(ACTION_LABEL, body)`. */
export const ACTION_LABEL = "simppd group action 1";
const HASH = utf8("simppd group action hash 1");

/** What owners and admins do to a group, and who leaves it. */
export type Deed =
  /** Lets a person in (bare JID), with a role. Who is in gets the role. */
  | { readonly kind: "admit"; readonly subject: string; readonly role: Role }
  /** Takes out a person (bare JID) with all devices, or one device (member id). */
  | { readonly kind: "expel"; readonly subject: string }
  /** Gives a person another role. */
  | { readonly kind: "role"; readonly subject: string; readonly role: Role }
  /** Makes another specification valid; its text. */
  | { readonly kind: "respecify"; readonly text: string }
  /** Ends the group for everybody. */
  | { readonly kind: "close" }
  /** Takes out the author's own device. */
  | { readonly kind: "leave" };
const KINDS = ["admit", "expel", "role", "respecify", "close", "leave"] as const;

/** A deed, said by a member's device to one incarnation of one group's key server. */
export interface Action {
  readonly group: string;
  readonly incarnation: string;
  /** Bare JID and device key of the author. */
  readonly jid: string;
  readonly deviceKey: Bytes;
  /** Above that of every earlier action of this device; a clock's milliseconds will do. */
  readonly number: number;
  /** ms since 1970, for display. */
  readonly time: number;
  /** The newest epoch its author knew of: what happened later is not undone by it. */
  readonly epoch: number;
  readonly deed: Deed;
}

/** An action with its signature, as it travels. */
export interface SignedAction extends Action {
  readonly encoded: Bytes;
  /** What statements name it by: 32 bytes. */
  readonly hash: Bytes;
}

/** The bytes a device signs behind {@link ACTION_LABEL}. */
export function actionBody(action: Action): Bytes {
  const { deed } = action;
  const writer = new WireWriter().raw(fromHex(action.group)).raw(fromHex(action.incarnation))
    .text(action.jid).raw(action.deviceKey).u64(action.number).u64(action.time)
    .u32(action.epoch).u8(KINDS.indexOf(deed.kind));
  if ("subject" in deed) writer.text(deed.subject);
  if ("role" in deed) writeRole(writer, deed.role);
  if ("text" in deed) writeLong(writer, utf8(deed.text));
  return writer.finish();
}

/** @param sign signs {@link actionBody} behind {@link ACTION_LABEL} with the author's device key */
export function signAction(action: Action, sign: (body: Bytes) => Bytes): SignedAction {
  const body = actionBody(action);
  const encoded = new WireWriter().raw(body).raw(sign(body)).finish();
  return { ...action, encoded, hash: actionHash(encoded) };
}

/**
 * Reads an action whose signature is that of the device key it names; whether that key is an
 * owner's is the reader's to judge. @throws SimppdError `bad-group-message`
 */
export function readAction(encoded: Uint8Array): SignedAction {
  const action = readWhole(encoded, (reader) => {
    const head = {
      group: toHex(reader.raw(16)),
      incarnation: toHex(reader.raw(16)),
      jid: reader.text(),
      deviceKey: reader.raw(32),
      number: reader.u64(),
      time: reader.u64(),
      epoch: reader.u32(),
    };
    const kind = KINDS[reader.u8()];
    if (kind === undefined) throw malformed();
    const subject = kind === "admit" || kind === "expel" || kind === "role" ? reader.text() : "";
    if (subject.length > MAX_JID + 17) throw malformed();
    let deed: Deed;
    if (kind === "admit" || kind === "role") deed = { kind, subject, role: readRole(reader) };
    else if (kind === "expel") deed = { kind, subject };
    else if (kind === "close" || kind === "leave") deed = { kind };
    else {
      const text = readLong(reader);
      if (text.length > MAX_SPECIFICATION) throw malformed();
      deed = { kind, text: fromUtf8(text) };
    }
    reader.raw(64);
    return { ...head, deed };
  });
  const at = encoded.length - 64;
  const [body, signature] = [encoded.subarray(0, at), encoded.subarray(at)];
  if (!ed25519.verify(action.deviceKey, ACTION_LABEL, body, signature)) throw malformed();
  return { ...action, encoded: new Uint8Array(encoded), hash: actionHash(encoded) };
}

/** Hash of a signed action: 32 bytes. */
export function actionHash(encoded: Uint8Array): Bytes {
  return sha256(framed(HASH, encoded));
}
