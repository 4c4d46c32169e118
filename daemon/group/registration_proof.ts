import { type Bytes, fromHex, WireWriter } from "../base/mod.ts";
import { ed25519, sha256 } from "../crypto/mod.ts";
import type { ProvedDevice } from "./channels.ts";

const LABEL = "simppd group registration 1";

/** What a registration binds together. */
export interface RegistrationBinding {
  readonly group: string;
  /** 32 hex digits. */
  readonly registration: string;
  readonly individualKey: Bytes;
  /** The member, as the key server's SIMPP proved it. */
  readonly member: ProvedDevice;
  /** Account key of the key server, as the member's SIMPP proved it. */
  readonly server: Bytes;
}

/**
 * Says with the key that the specification pins which SIMPP account speaks for it, and to whom it
 * gave this individual key. Somebody between the two, as who runs a server can be when they write to
 * each other for the first time, has other keys on either side.
 */
export function proveRegistration(secret: Bytes, binding: RegistrationBinding): Bytes {
  return ed25519.sign(secret, LABEL, bodyOf(binding));
}

/** Does the key server's pinned `key` vouch for what came, over the keys that both ends have seen? */
export function isRegistrationProof(
  key: Bytes,
  binding: RegistrationBinding,
  proof: Bytes,
): boolean {
  return ed25519.verify(key, LABEL, bodyOf(binding), proof);
}

function bodyOf(
  { group, registration, individualKey, member, server }: RegistrationBinding,
): Bytes {
  return new WireWriter().raw(fromHex(group)).raw(fromHex(registration)).raw(sha256(individualKey))
    .text(member.jid).raw(member.deviceKey).raw(member.accountKey).raw(server).finish();
}
