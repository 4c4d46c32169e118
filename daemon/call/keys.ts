import { type Bytes, concat, utf8, WireWriter } from "../base/mod.ts";
import { framed, hkdf, sha256, type Suite } from "../crypto/mod.ts";
import type { CallIdentity } from "./identity.ts";

const NO_SALT = new Uint8Array(0);
const SECRET = 32;
const PATH_KEY = 32;
/** As long as the hash of the media's SFrame suite, as RFC 9605 section 5.1 has it for later ones. */
const MEDIA_KEY = 64;

/** The two sides of a call; each direction's keys carry the name of who sends. */
export type Role = "caller" | "callee";

/** What each side contributed. */
export interface CallSecretInput {
  suite: Suite;
  /** Shared secret of the two fresh Diffie-Hellman keys. */
  dh: Bytes;
  /** Shared secret of the KEM; null in a suite without one. */
  kem: Bytes | null;
  /** Canonical forms of the three messages. */
  propose: Bytes;
  accept: Bytes;
  reply: Bytes;
}

/**
 * `call_secret` (docs/protocol.md "Calls"): HKDF over DH ‖ KEM secret, salted with the hash of what
 * was said. Whoever saw another proposal, acceptance or reply gets another secret.
 */
export function callSecret(input: CallSecretInput): Bytes {
  const { suite, dh, kem } = input;
  if ((kem === null) !== (suite.kem === null)) {
    throw new TypeError(`suite ${suite.id} and the KEM secret do not fit together`);
  }
  const ikm = kem === null ? dh : concat(dh, kem);
  const salt = sha256(framed(input.propose, input.accept, input.reply));
  const info = new WireWriter().text("simpp call 2 secret").u16(suite.code).finish();
  return hkdf(ikm, salt, info, SECRET);
}

/**
 * The key that authenticates the datagrams `sender` sends; 32 bytes. No tag goes into it, so that a
 * wrong tag is told apart from a stray.
 */
export function pathKey(secret: Bytes, sender: Role): Bytes {
  return hkdf(
    secret,
    NO_SALT,
    new WireWriter().text(`simpp call 2 path ${sender}`).finish(),
    PATH_KEY,
  );
}

/** Whom and what the media keys are bound to. */
export interface MediaContext {
  suite: Suite;
  caller: CallIdentity;
  callee: CallIdentity;
  callerTag: Uint8Array;
  calleeTag: Uint8Array;
}

/**
 * First SFrame base key of what `sender` sends, bound to both tags, both identities and the suite;
 * 64 bytes.
 */
export function mediaKey(secret: Bytes, sender: Role, context: MediaContext): Bytes {
  const info = new WireWriter().text(`simpp call 2 media ${sender}`).u16(context.suite.code)
    .u16(context.suite.sframe);
  for (const { jid, device, fingerprint } of [context.caller, context.callee]) {
    info.text(jid).text(device).text(fingerprint);
  }
  const bound = framed(info.finish(), context.callerTag, context.calleeTag);
  return hkdf(secret, NO_SALT, sha256(utf8("simpp call 2 media context"), bound), MEDIA_KEY);
}

/** Every key of one call, from the side of `role`. */
export interface CallKeys {
  path: { send: Bytes; receive: Bytes };
  media: { send: Bytes; receive: Bytes };
}

/** All four keys out of one secret. */
export function callKeys(secret: Bytes, role: Role, context: MediaContext): CallKeys {
  const peer: Role = role === "caller" ? "callee" : "caller";
  return {
    path: { send: pathKey(secret, role), receive: pathKey(secret, peer) },
    media: { send: mediaKey(secret, role, context), receive: mediaKey(secret, peer, context) },
  };
}
