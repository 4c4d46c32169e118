import { type Bytes, fromBase64Url, toBase64Url, utf8 } from "../base/mod.ts";
import { framed } from "../crypto/mod.ts";
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

/** The account keys that a code names: of whose screen it is, and of whom it is shown to. */
export interface SafetyCode {
  readonly owner: Bytes;
  readonly viewer: Bytes;
}

/** Reads the text of a QR code; nothing when it is no code of simppd's. */
export function readSafetyQr(scanned: string): SafetyCode | undefined {
  const text = scanned.trim();
  if (!text.startsWith(QR)) return undefined;
  try {
    const [owner, viewer, ...more] = text.slice(QR.length).split(":").map(fromBase64Url);
    const whole = owner?.length === 32 && viewer?.length === 32 && more.length === 0;
    return whole ? { owner, viewer } : undefined;
  } catch {
    return undefined;
  }
}
