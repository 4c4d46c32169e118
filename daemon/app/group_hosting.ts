import { type Bytes, fromHex, SimppdError, toHex } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import {
  type DataSuiteId,
  DEFAULT_DATA_SUITES,
  printSpecification,
  type ProvedDevice,
  readRegistrar,
  type RegistrarEntry,
  type Specification,
} from "../group/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import type { StoredGroup } from "../store/mod.ts";
import { askOnce } from "./group_asking.ts";
import type { GroupLink } from "./group_link.ts";

const DAY_MS = 86_400_000;

/** What a person says of a group that is to be. */
export interface NewGroup {
  readonly name: string;
  /** Bare JID. */
  readonly room: string;
  readonly owner: ProvedDevice;
  readonly keyServer: { readonly jid: string; readonly key: Bytes };
  /** Empty: the key server registers by SIMPP itself. */
  readonly registrars: readonly RegistrarEntry[];
  /** Nothing weak when absent. */
  readonly suites?: readonly DataSuiteId[];
}

/** The specification of a group that is made here: who is invited may come. */
export function newSpecification(
  { name, room, owner, keyServer, registrars, suites = DEFAULT_DATA_SUITES }: NewGroup,
): Specification {
  return {
    name,
    group: toHex(systemRandom(16)),
    room,
    // Of whichever device of that account: a backup brings it to another one.
    keyServer: { ...keyServer, device: null },
    degree: 4,
    shape: "tree",
    strategy: "group",
    batchInterval: 0,
    renewInterval: DAY_MS,
    suites,
    access: [{ kind: "invited" }],
    owners: [{ jid: owner.jid, fingerprint: fingerprintOf(owner.accountKey) }],
    send: "member",
    files: "member",
    display: "member",
    historyDays: 7,
    registrars,
  };
}

/** @throws SimppdError `bad-input` unless it is an Ed25519 key in 64 hex digits */
export function readServerKey(hex: string): Bytes {
  if (/^[0-9a-f]{64}$/.test(hex)) return fromHex(hex);
  throw new SimppdError(
    "bad-input",
    "A key server's key has 64 hex digits; it is shown where the key server runs.",
  );
}

/**
 * Registrars as a person names them, each as a specification has it: name, key in hex, method,
 * address.
 * @throws SimppdError `bad-input` saying what was expected
 */
export function readRegistrars(lines: readonly string[]): RegistrarEntry[] {
  return lines.map((line) => {
    try {
      return readRegistrar(line.trim().replace(/\s+/g, " "));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new SimppdError("bad-input", `A registrar "${line.slice(0, 200)}": ${error.message}.`);
    }
  });
}

/**
 * Asks a key server elsewhere to keep a group.
 * @throws SimppdError `key-server-silent`, or the code of its refusal
 */
export async function haveHosted(control: GroupLink, specification: Specification): Promise<void> {
  const { group, keyServer: { jid } } = specification;
  const question = { kind: "host", specification: printSpecification(specification) } as const;
  const silent = new SimppdError(
    "key-server-silent",
    `The key server ${jid} does not answer, so the group was not made. Is it running, and its ` +
      "address right?",
  );
  const answer = await askOnce(control, jid, group, question, silent);
  if (answer.kind !== "done") throw silent;
}

/** A group that one makes, as it is remembered. */
export function storedGroup(specification: Specification): StoredGroup {
  return {
    jid: specification.room,
    id: specification.group,
    state: "joined",
    at: Date.now(),
    specification: printSpecification(specification),
    invitation: null,
    problem: null,
    admitted: [],
    refused: {},
  };
}
