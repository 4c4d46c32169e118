import type { Bytes } from "../base/mod.ts";
import { aesGcmOpen, aesGcmSeal } from "./aead.ts";
import { ed25519, x25519 } from "./curve25519.ts";
import type { DhGroup, Kem, Signer } from "./keys.ts";
import { mlkem768 } from "./mlkem768.ts";

/** Names of the suites that exist, strongest first. */
export const SUITE_IDS = ["simpp-pq", "simpp-modern"] as const;
export type SuiteId = typeof SUITE_IDS[number];

/**
 * A cipher suite: nothing above this room names an algorithm. `code` stands on the wire; `sframe`
 * is the RFC 9605 suite of its media.
 */
export interface Suite {
  readonly id: SuiteId;
  readonly code: number;
  readonly dh: DhGroup;
  readonly kem: Kem | null;
  readonly signer: Signer;
  readonly sframe: number;
  /** `key` 32 bytes, `nonce` 12 bytes and never twice with one key. */
  seal(key: Bytes, nonce: Bytes, plaintext: Uint8Array, aad: Uint8Array): Bytes;
  /** @throws OpenError */
  open(key: Bytes, nonce: Bytes, sealed: Uint8Array, aad: Uint8Array): Bytes;
}

const SUITES: Record<SuiteId, Suite> = {
  "simpp-pq": {
    id: "simpp-pq",
    code: 1,
    dh: x25519,
    kem: mlkem768,
    signer: ed25519,
    sframe: 5,
    seal: aesGcmSeal,
    open: aesGcmOpen,
  },
  "simpp-modern": {
    id: "simpp-modern",
    code: 2,
    dh: x25519,
    kem: null,
    signer: ed25519,
    sframe: 5,
    seal: aesGcmSeal,
    open: aesGcmOpen,
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
