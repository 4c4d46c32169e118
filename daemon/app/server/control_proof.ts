import { toBase64Url, utf8 } from "../../base/mod.ts";
import { equal, hmacSha256, systemRandom } from "../../crypto/mod.ts";

/** What both sides of a control connection have said. */
export interface Greeting {
  /** Shared by the door and `server-control.json`. */
  readonly token: string;
  /** Where the door is: what relays to another place is found out. */
  readonly place: string;
  readonly doorNonce: string;
  readonly callerNonce: string;
}

/**
 * Shows knowledge of the token without saying it: HMAC-SHA-256 over who speaks, where, and both
 * nonces.
 */
export function controlProof(side: "door" | "caller", greeting: Greeting): string {
  const { token, place, doorNonce, callerNonce } = greeting;
  const said = ["simppd server control", side, place, doorNonce, callerNonce];
  return toBase64Url(hmacSha256(utf8(token), utf8(JSON.stringify(said))));
}

/** Is it that proof? */
export function proves(proof: unknown, side: "door" | "caller", greeting: Greeting): boolean {
  return typeof proof === "string" && equal(utf8(proof), utf8(controlProof(side, greeting)));
}

/** 256 random bits. */
export function randomWord(): string {
  return toBase64Url(systemRandom(32));
}
