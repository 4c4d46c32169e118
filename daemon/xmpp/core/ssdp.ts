import { toBase64, toHex, utf8 } from "../../base/mod.ts";
import { digest, type ScramHash } from "./scram.ts";

/** What a server offered for the login, as one side knows it. */
export interface SaslOffer {
  /** Of the SASL profile in use: those of SASL2 when that is used (XEP-0388). */
  readonly mechanisms: readonly string[];
  /** Types of channel binding (XEP-0440); `undefined` when the server did not say. */
  readonly channelBindings: readonly string[] | undefined;
}

/**
 * The hash of what a server offers (XEP-0474 version 0.4, section 5.1), in base64: attribute `h` of
 * its server-first-message in SCRAM, so that neither list can be cut on the way.
 */
export function ssdpHash(hash: ScramHash, { mechanisms, channelBindings }: SaslOffer): string {
  const lists = [mechanisms, ...(channelBindings === undefined ? [] : [channelBindings])];
  const text = lists.map((list) => list.toSorted(octets).join("\x1e")).join("\x1f");
  return toBase64(digest(hash, utf8(text)));
}

/** Collation i;octet (RFC 4790 section 9.3). */
function octets(a: string, b: string): number {
  const [x, y] = [toHex(utf8(a)), toHex(utf8(b))];
  return x < y ? -1 : x > y ? 1 : 0;
}
