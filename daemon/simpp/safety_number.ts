import { type Bytes, fromBase64Url, toBase64Url, utf8 } from "../base/mod.ts";
import { equal, framed } from "../crypto/mod.ts";
import { slowDigits } from "./digits.ts";

/** A person as a safety number sees it. */
export interface SafetyParty {
  readonly jid: string;
  readonly account: Bytes;
}

/**
 * The 60 digits both people see when nobody stands between them: 30 from each account key and JID,
 * by 5,200 rounds of SHA-512 (Signal's numeric fingerprint), the smaller half first.
 */
export function safetyNumber(a: SafetyParty, b: SafetyParty): string {
  return [half(a), half(b)].sort().join("");
}

function half(party: SafetyParty): string {
  const name = framed(utf8("simpp safety number 2"), party.account, utf8(party.jid));
  return slowDigits(name, party.account);
}

const QR = "simpp-verify:2:";

/** Text of the QR code that `own` shows to `peer`. */
export function safetyQr(own: SafetyParty, peer: SafetyParty): string {
  return QR + [own.account, peer.account].map(toBase64Url).join(":");
}

/** Does the code scanned from the peer's screen name exactly our two account keys? */
export function qrMatches(scanned: string, own: SafetyParty, peer: SafetyParty): boolean {
  if (!scanned.startsWith(QR)) return false;
  try {
    const [theirs, ours] = scanned.slice(QR.length).split(":").map(fromBase64Url);
    return theirs !== undefined && ours !== undefined && equal(theirs, peer.account) &&
      equal(ours, own.account);
  } catch {
    return false;
  }
}
