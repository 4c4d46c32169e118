import type { Bytes } from "../base/mod.ts";
import { aesGcmOpen, aesGcmSeal } from "./aead.ts";
import { cbcHmacOpen, cbcHmacSeal } from "./cbc_hmac.ts";
import { ed25519, x25519 } from "./curve25519.ts";
import type { DhGroup, Kem, Signer } from "./keys.ts";
import { mlkem768 } from "./mlkem768.ts";
import { p192 } from "./nist_curves.ts";

/** Names of the suites that exist, strongest first. */
export const SUITE_IDS = ["simpp-pq", "simpp-modern", "simpp-2009"] as const;
export type SuiteId = typeof SUITE_IDS[number];

/** What a policy allows unless a person says otherwise: nothing weak. */
export const DEFAULT_POLICY: readonly SuiteId[] = ["simpp-pq", "simpp-modern"];

/**
 * A cipher suite: nothing above this room names an algorithm. `code` stands on the wire; `sframe`
 * is the RFC 9605 suite of its media (private use from 0xF000).
 */
export interface Suite {
  readonly id: SuiteId;
  readonly code: number;
  readonly dh: DhGroup;
  /** Code of this suite's signed prekeys of `dh` and of `kem` in a bundle. */
  readonly prekeyKinds: { readonly dh: number; readonly kem: number | null };
  readonly kem: Kem | null;
  readonly signer: Signer;
  /** Does the device key itself sign proofs? If not, a key that the device key certifies does. */
  readonly signsWithDeviceKey: boolean;
  readonly sframe: number;
  /** Lengths of what {@link seal} takes. */
  readonly keyLength: number;
  readonly nonceLength: number;
  /** A nonce never comes twice with one key. */
  seal(key: Bytes, nonce: Bytes, plaintext: Uint8Array, aad: Uint8Array): Bytes;
  /** @throws OpenError */
  open(key: Bytes, nonce: Bytes, sealed: Uint8Array, aad: Uint8Array): Bytes;
}

const modern: Suite = {
  id: "simpp-modern",
  code: 2,
  dh: x25519,
  prekeyKinds: { dh: 1, kem: null },
  kem: null,
  signer: ed25519,
  signsWithDeviceKey: true,
  sframe: 5,
  keyLength: 32,
  nonceLength: 12,
  seal: aesGcmSeal,
  open: aesGcmOpen,
};

const SUITES: Record<SuiteId, Suite> = {
  "simpp-pq": {
    ...modern,
    id: "simpp-pq",
    code: 1,
    prekeyKinds: { dh: 1, kem: 2 },
    kem: mlkem768,
  },
  "simpp-modern": modern,
  /** The SIMPP paper's algorithms; what it left open is chosen well, its key sizes are weak. */
  "simpp-2009": {
    id: "simpp-2009",
    code: 3,
    dh: p192.dh,
    prekeyKinds: { dh: 3, kem: null },
    kem: null,
    signer: p192.signer,
    signsWithDeviceKey: false,
    sframe: 0xf001,
    keyLength: 48,
    nonceLength: 16,
    seal: cbcHmacSeal,
    open: cbcHmacOpen,
  },
};

/** The suite of a name. */
export function suite(id: SuiteId): Suite {
  return SUITES[id];
}

/** The suite of a code on the wire; undefined when this simppd does not know it. */
export function suiteByCode(code: number): Suite | undefined {
  return SUITE_IDS.map(suite).find((known) => known.code === code);
}

/** The strongest suite both lists name, in our order of strength; undefined when there is none. */
export function strongestCommon(
  ours: readonly SuiteId[],
  theirs: readonly number[],
): Suite | undefined {
  return SUITE_IDS.map(suite).find((s) => ours.includes(s.id) && theirs.includes(s.code));
}

/** Codes of the suites a policy names, strongest first. */
export function codesOf(policy: readonly SuiteId[]): number[] {
  return SUITE_IDS.filter((id) => policy.includes(id)).map((id) => suite(id).code);
}
