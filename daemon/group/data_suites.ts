import type { Bytes } from "../base/mod.ts";
import {
  aesGcmOpen,
  aesGcmSeal,
  blowfishCbcHmacOpen,
  blowfishCbcHmacSeal,
  cbcHmacOpen,
  cbcHmacSeal,
} from "../crypto/mod.ts";

/** Names of the data suites that exist, strongest first. */
export const DATA_SUITE_IDS = ["aes-256-gcm", "aes-128-cbc-hmac", "lsim-2003"] as const;
export type DataSuiteId = typeof DATA_SUITE_IDS[number];

/** What a new group, and a member who chose nothing, allows: nothing weak. */
export const DEFAULT_DATA_SUITES: readonly DataSuiteId[] = ["aes-256-gcm", "aes-128-cbc-hmac"];

/** How a group seals its messages. Keys are wrapped with AES-256-GCM whatever the suite. */
export interface DataSuite {
  readonly id: DataSuiteId;
  /** On the wire. */
  readonly code: number;
  readonly keyLength: number;
  readonly nonceLength: number;
  /** Is it kept only to reproduce a paper? */
  readonly weak: boolean;
  /** A nonce never comes twice with one key. */
  seal(key: Bytes, nonce: Bytes, plaintext: Uint8Array, aad: Uint8Array): Bytes;
  /** @throws OpenError */
  open(key: Bytes, nonce: Bytes, sealed: Uint8Array, aad: Uint8Array): Bytes;
}

const SUITES: Record<DataSuiteId, DataSuite> = {
  "aes-256-gcm": {
    id: "aes-256-gcm",
    code: 1,
    keyLength: 32,
    nonceLength: 12,
    weak: false,
    seal: aesGcmSeal,
    open: aesGcmOpen,
  },
  "aes-128-cbc-hmac": {
    id: "aes-128-cbc-hmac",
    code: 2,
    keyLength: 48,
    nonceLength: 16,
    weak: false,
    seal: cbcHmacSeal,
    open: cbcHmacOpen,
  },
  /** Blowfish, which LSIM used; what it left open (mode, MAC, IV) is chosen well. */
  "lsim-2003": {
    id: "lsim-2003",
    code: 3,
    keyLength: 48,
    nonceLength: 8,
    weak: true,
    seal: blowfishCbcHmacSeal,
    open: blowfishCbcHmacOpen,
  },
};

/** The data suite of a name. */
export function dataSuite(id: DataSuiteId): DataSuite {
  return SUITES[id];
}

/** The data suite of a code on the wire; undefined when this simppd does not know it. */
export function dataSuiteByCode(code: number): DataSuite | undefined {
  return DATA_SUITE_IDS.map(dataSuite).find((known) => known.code === code);
}

/** Codes of the suites a policy names, strongest first. */
export function dataSuiteCodes(policy: readonly DataSuiteId[]): number[] {
  return DATA_SUITE_IDS.filter((id) => policy.includes(id)).map((id) => SUITES[id].code);
}

/**
 * The strongest suite (by the order of {@link DATA_SUITE_IDS}, whatever the lists' order) that the
 * specification and the policies of all members allow; undefined when there is none.
 * @param policies a list of codes a member; codes that nobody knows are passed over
 */
export function negotiate(
  allowed: readonly DataSuiteId[],
  policies: readonly (readonly number[])[],
): DataSuite | undefined {
  return DATA_SUITE_IDS.map(dataSuite).find((suite) =>
    allowed.includes(suite.id) && policies.every((policy) => policy.includes(suite.code))
  );
}

/** Addresses that one sentence names. */
const MOST_NAMES = 5;

/** Members by whose lists nothing that is allowed can be used: member ids with codes of suites. */
export function withoutCommon(
  allowed: readonly DataSuiteId[],
  members: readonly (readonly [id: string, codes: readonly number[]])[],
): string[] {
  return members.filter(([, codes]) => negotiate(allowed, [codes]) === undefined)
    .map(([id]) => id);
}

/** Whose devices these are, for a sentence. */
export function namesOf(members: readonly string[]): string {
  const people = [...new Set(members.map((id) => id.split("/")[0]!))];
  const more = people.length - MOST_NAMES;
  const named = people.slice(0, MOST_NAMES).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}

/**
 * Why one who comes is refused: by what they allow, or by whose policies.
 * @param newcomer codes of the suites they allow
 * @param present policies of the members, by member id
 */
export function noCommonSuite(
  allowed: readonly DataSuiteId[],
  newcomer: readonly number[],
  present: readonly (readonly [id: string, codes: readonly number[]])[],
): string {
  const theirs = DATA_SUITE_IDS.filter((id) => newcomer.includes(SUITES[id].code));
  const both = allowed.filter((id) => theirs.includes(id));
  const yours = theirs.length === 0 ? "nothing it knows" : theirs.join(", ");
  const group = `The group is encrypted with ${allowed.join(" or ")}, and you allow ${yours}`;
  if (both.length === 0) return `${group}: allow one of those in this group, and ask again.`;
  const unable = withoutCommon(both, present);
  const others = unable.length === 0 ? "the members together" : namesOf(unable);
  return `${group}; of what you both have, ${others} allow none.`;
}
