import { createHash } from "node:crypto";
import { type Bytes, fromUtf8, utf8 } from "../base/mod.ts";
import { putU16, u16At } from "./datagram.ts";
import { StunAttribute, type StunAttributeValue, type StunKey, type StunMessage } from "./stun.ts";

const { username, realm, nonce, passwordAlgorithm, passwordAlgorithms } = StunAttribute;

/** Longest realm and nonce taken (RFC 8489 sections 14.9 and 14.10: 763 bytes). */
const LONGEST = 763;
/** How a nonce begins that says what the server can (RFC 8489 section 9.2). */
const NONCE_COOKIE = "obMatJos2";
/** First of the nonce's security features: it has offered password algorithms. */
const OFFERS_ALGORITHMS = 0x80;
const SHA256 = 0x0002;

/** A name and a password that a server gave. */
export interface StunCredentials {
  readonly username: string;
  readonly password: string;
}

/** What one server asked of us and we answer from then on (RFC 8489 section 9.2). */
export interface StunLogin {
  readonly key: StunKey;
  /** To go with each request. */
  readonly attributes: readonly StunAttributeValue[];
  readonly nonce: Uint8Array;
}

/** The key of a long-term credential (RFC 8489 section 9.2.2). */
export function longTermKey(
  { username, password }: StunCredentials,
  realm: string,
  sha256: boolean,
): Bytes {
  const hash = createHash(sha256 ? "sha256" : "md5");
  return new Uint8Array(hash.update(`${username}:${realm}:${password}`).digest());
}

/**
 * Answers a challenge (error 401 or 438).
 * @returns undefined when it cannot be answered: realm or nonce are missing or too long, or a nonce
 * speaks of algorithms that somebody took out
 */
export function answerChallenge(
  { attributes }: StunMessage,
  credentials: StunCredentials,
): StunLogin | undefined {
  const [realmBytes, nonceBytes] = [attributes.get(realm), attributes.get(nonce)];
  if (realmBytes === undefined || nonceBytes === undefined) return undefined;
  if (realmBytes.length > LONGEST || nonceBytes.length > LONGEST) return undefined;
  const offered = attributes.get(passwordAlgorithms);
  if (offered === undefined && announcesAlgorithms(nonceBytes)) return undefined;
  const sha256 = offered !== undefined && offers(offered, SHA256);
  let realmText;
  try {
    realmText = fromUtf8(realmBytes);
  } catch {
    return undefined;
  }
  const chosen = new Uint8Array(4);
  putU16(chosen, 0, SHA256);
  return {
    key: { key: longTermKey(credentials, realmText, sha256), sha256 },
    nonce: nonceBytes.slice(),
    attributes: [
      [username, utf8(credentials.username)],
      [nonce, nonceBytes.slice()],
      [realm, realmBytes.slice()],
      ...(sha256
        ? [[passwordAlgorithms, offered!.slice()], [passwordAlgorithm, chosen]] as const
        : []),
    ],
  };
}

function announcesAlgorithms(nonce: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(nonce.subarray(0, NONCE_COOKIE.length + 4));
  if (!text.startsWith(NONCE_COOKIE)) return false;
  try {
    const [first = 0] = Uint8Array.fromBase64(text.slice(NONCE_COOKIE.length));
    return (first & OFFERS_ALGORITHMS) !== 0;
  } catch {
    return false;
  }
}

/** Is this algorithm, without parameters, in a PASSWORD-ALGORITHMS attribute? */
function offers(list: Uint8Array, algorithm: number): boolean {
  for (let at = 0; at + 4 <= list.length;) {
    const length = u16At(list, at + 2);
    if (u16At(list, at) === algorithm && length === 0) return true;
    at += 4 + length + (-length & 3);
  }
  return false;
}
