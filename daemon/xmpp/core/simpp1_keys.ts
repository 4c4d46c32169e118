import { fromBase64, SimppdError, toBase64 } from "../../base/mod.ts";
import {
  ed25519,
  isSmallOrder,
  type KeyPair,
  type LoginProfile,
  loginProfile,
  loginProfileByCode,
  type LoginProfileId,
} from "../../crypto/mod.ts";
import { el, type Element } from "./element.ts";
import { NS } from "./namespaces.ts";

/** A public login key: of a client at its server, or of a server at its client. */
export interface PublicLoginKey {
  readonly profile: LoginProfileId;
  readonly public: Uint8Array;
}

/** What a client logs in with under one profile. */
export interface LoginKey {
  readonly profile: LoginProfile;
  readonly own: KeyPair;
  /** The server's key, as it was pinned when the account was made. */
  readonly server: Uint8Array;
}

/** More than there are profiles, few enough to be read at no cost. */
const MAX_KEYS = 8;

/** `<simpp xmlns="urn:simpp:2:login">` as it goes into a registration and comes back from it. */
export function loginKeysElement(keys: readonly PublicLoginKey[]): Element {
  return el(
    "simpp",
    { xmlns: NS.simppLogin },
    ...keys.map((key) =>
      el("key", { profile: `${loginProfile(key.profile).code}` }, toBase64(key.public))
    ),
  );
}

/**
 * Reads {@link loginKeysElement}; keys of profiles unknown here are passed over.
 * @param side whose keys these should be
 * @throws SimppdError `bad-login-keys` when a key is malformed, or a profile has two
 */
export function readLoginKeys(simpp: Element, side: "client" | "server"): PublicLoginKey[] {
  const children = simpp.getChildren("key", NS.simppLogin);
  if (children.length > MAX_KEYS) throw badKeys(`more than ${MAX_KEYS} keys`);
  const keys: PublicLoginKey[] = [];
  for (const child of children) {
    const profile = loginProfileByCode(codeOf(child.attrs.profile ?? ""));
    if (profile === undefined) continue;
    if (keys.some((key) => key.profile === profile.id)) {
      throw badKeys(`two keys for ${profile.id}`);
    }
    keys.push({ profile: profile.id, public: checkedLoginKey(profile, side, decoded(child)) });
  }
  return keys;
}

/** Decimal; 0, which no profile has, for anything else. */
function codeOf(text: string): number {
  return /^[1-9][0-9]{0,2}$/.test(text) ? Number(text) : 0;
}

/** @throws SimppdError `bad-login-keys` when `key` is not one of the profile, or is nobody's */
export function checkedLoginKey(
  profile: LoginProfile,
  side: "client" | "server",
  key: Uint8Array,
): Uint8Array {
  const signer = side === "client" ? profile.clientSigner : profile.serverSigner;
  if (key.length !== signer.publicLength) throw badKeys(`a key of ${key.length} bytes`);
  if (signer === ed25519 && isSmallOrder(key)) throw badKeys("a key that anybody can sign for");
  return key;
}

function decoded(key: Element): Uint8Array {
  try {
    return fromBase64(key.getText().trim());
  } catch {
    throw badKeys("malformed base64");
  }
}

function badKeys(what: string): SimppdError {
  return new SimppdError("bad-login-keys", `These are no login keys: ${what}.`);
}
