import { ed25519, x25519 } from "./curve25519.ts";
import type { DhGroup, Signer } from "./keys.ts";
import { p192, p224 } from "./nist_curves.ts";

/** Names of the login profiles that exist, strongest first. */
export const LOGIN_PROFILE_IDS = ["simpp-modern", "simpp-2009"] as const;
export type LoginProfileId = typeof LOGIN_PROFILE_IDS[number];

/** The algorithms of one SIMPP login. `code` stands on the wire; a lower one is stronger. */
export interface LoginProfile {
  readonly id: LoginProfileId;
  readonly code: number;
  /** Ephemerals of both sides. */
  readonly dh: DhGroup;
  /** The server's identity. */
  readonly serverSigner: Signer;
  /** The identity a client registers. */
  readonly clientSigner: Signer;
}

const PROFILES: Record<LoginProfileId, LoginProfile> = {
  "simpp-modern": {
    id: "simpp-modern",
    code: 2,
    dh: x25519,
    serverSigner: ed25519,
    clientSigner: ed25519,
  },
  // The paper's table: a key of 224 bits for the server, one of 192 for the client.
  "simpp-2009": {
    id: "simpp-2009",
    code: 3,
    dh: p224.dh,
    serverSigner: p224.signer,
    clientSigner: p192.signer,
  },
};

/** The login profile of a name. */
export function loginProfile(id: LoginProfileId): LoginProfile {
  return PROFILES[id];
}

/** The login profile of a code on the wire; undefined when this simppd does not know it. */
export function loginProfileByCode(code: number): LoginProfile | undefined {
  return LOGIN_PROFILE_IDS.map(loginProfile).find((known) => known.code === code);
}

/** The code of the strongest profile that both lists name; undefined when there is none. */
export function strongestLogin(
  ours: Iterable<number>,
  theirs: Iterable<number>,
): number | undefined {
  const offered = new Set(theirs);
  const common = [...ours].filter((code) => offered.has(code));
  return common.length === 0 ? undefined : Math.min(...common);
}
