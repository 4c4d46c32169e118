import type { Bytes } from "../base/mod.ts";
import type { DataSuiteId } from "./data_suites.ts";

/** What somebody may do in a group, from most to least. A listener reads and does not send. */
export const ROLES = ["owner", "admin", "member", "listener"] as const;
export type Role = typeof ROLES[number];

/** How rekey messages are cut (Wong, Gouda and Lam, section 3). */
export const STRATEGIES = ["user", "key", "group"] as const;

/** Ways in which a registrar authenticates people. */
export const METHODS = ["simpp", "certificate", "directory"] as const;

/** One line that lets people in; who fits any of them may register. */
export type Access =
  /** Those an owner or admin admitted. */
  | { readonly kind: "invited" }
  /** One bare JID. */
  | { readonly kind: "jid"; readonly jid: string }
  /** One account key, by its fingerprint: 64 hex digits. */
  | { readonly kind: "account"; readonly fingerprint: string }
  /** Every account of a server (`domain` alone), without wild cards elsewhere. */
  | { readonly kind: "domain"; readonly domain: string };

/** An owner, named by address and account key, so that no server can put another in their place. */
export interface Owner {
  readonly jid: string;
  /** Fingerprint of the account key, 64 hex digits. */
  readonly fingerprint: string;
}

/** A registrar whose tickets the key server takes. */
export interface RegistrarEntry {
  readonly name: string;
  /** Ed25519 key it signs tickets with, 32 bytes. */
  readonly key: Bytes;
  readonly method: typeof METHODS[number];
  /** Where it is asked: a JID for `simpp`, an https URL for the others. */
  readonly address: string;
}

/**
 * What a group is and how its key server keeps it: Keystone's specification. Members pin the key
 * server's key from it; its hash stands in every epoch statement.
 */
export interface Specification {
  readonly name: string;
  /** 32 hex digits. */
  readonly group: string;
  /** Bare JID of the group's room. */
  readonly room: string;
  readonly keyServer: {
    readonly jid: string;
    /** The device that runs it, 16 hex digits, where the account has several; else null. */
    readonly device: string | null;
    /** Ed25519 key that signs statements and rekeys, 32 bytes. */
    readonly key: Bytes;
  };
  /** Children a node of the key tree has at most, 2 to 64. */
  readonly degree: number;
  readonly shape: "tree" | "star";
  readonly strategy: typeof STRATEGIES[number];
  /** Milliseconds that joins and leaves are gathered for one rekeying; 0: at once. */
  readonly batchInterval: number;
  /** Milliseconds after which the key is renewed though nobody came or went; 0: never. */
  readonly renewInterval: number;
  /** Data suites that are allowed, best first. */
  readonly suites: readonly DataSuiteId[];
  readonly access: readonly Access[];
  readonly owners: readonly Owner[];
  /** The lowest role that may send messages. */
  readonly send: Role;
  /** The lowest role that may send files. */
  readonly files: Role;
  /** The lowest role that may show files on the others' displays. */
  readonly display: Role;
  /** Days for which members keep the keys of epochs they were in; null: they keep none. */
  readonly historyDays: number | null;
  /** Empty: the key server registers by SIMPP itself. */
  readonly registrars: readonly RegistrarEntry[];
}

/** May who has `role` do what asks for `lowest` or more? */
export function reaches(role: Role, lowest: Role): boolean {
  return ROLES.indexOf(role) <= ROLES.indexOf(lowest);
}
