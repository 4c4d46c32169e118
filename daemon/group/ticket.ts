import { type Bytes, fromHex, toHex, utf8, WireWriter } from "../base/mod.ts";
import { ed25519, framed, sha256 } from "../crypto/mod.ts";
import { readWhole } from "./payload.ts";
import { readJid } from "./roster.ts";

const LABEL = "simppd group ticket 1";
/** The group of a ticket that is good for any. */
export const ANY_GROUP = "0".repeat(32);
/** Bytes of an encoded ticket. */
export const MAX_TICKET = 4096;

/** A registrar's word that somebody is who they say: a device of a person, with its keys. */
export interface Ticket {
  /** 16 hex digits, see {@link registrarIdOf}. */
  readonly registrar: string;
  /** 32 hex digits, or {@link ANY_GROUP}. */
  readonly group: string;
  /** Bare JID. */
  readonly jid: string;
  readonly accountKey: Bytes;
  readonly deviceKey: Bytes;
  /** How the person was authenticated: `simpp`, `certificate`, `directory`. */
  readonly method: string;
  /** ms since 1970 by the registrar's clock. */
  readonly issued: number;
  readonly expires: number;
  /** 32 hex digits; good once a group. */
  readonly nonce: string;
}

/** Names a registrar by its Ed25519 key: 16 hex digits. */
export function registrarIdOf(key: Uint8Array): string {
  return toHex(sha256(framed(utf8("simppd registrar id 1"), key)).subarray(0, 8));
}

/** @param secret the registrar's Ed25519 secret */
export function signTicket(secret: Bytes, ticket: Ticket): Bytes {
  const body = new WireWriter().raw(fromHex(ticket.registrar)).raw(fromHex(ticket.group))
    .text(ticket.jid).raw(ticket.accountKey).raw(ticket.deviceKey).text(ticket.method)
    .u64(ticket.issued).u64(ticket.expires).raw(fromHex(ticket.nonce)).finish();
  return new WireWriter().raw(body).raw(ed25519.sign(secret, LABEL, body)).finish();
}

/** Reads a ticket; its signature is checked by {@link isTicketOf}. @throws SimppdError `bad-group-message` */
export function readTicket(encoded: Uint8Array): Ticket {
  return readWhole(encoded, (reader) => {
    const ticket = {
      registrar: toHex(reader.raw(8)),
      group: toHex(reader.raw(16)),
      jid: readJid(reader),
      accountKey: reader.raw(32),
      deviceKey: reader.raw(32),
      method: reader.text(),
      issued: reader.u64(),
      expires: reader.u64(),
      nonce: toHex(reader.raw(16)),
    };
    reader.raw(64);
    return ticket;
  });
}

/** Did the registrar with this key sign it? */
export function isTicketOf(key: Bytes, encoded: Uint8Array): boolean {
  const at = encoded.length - 64;
  return at > 0 && ed25519.verify(key, LABEL, encoded.subarray(0, at), encoded.subarray(at));
}
