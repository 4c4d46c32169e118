import type { Bytes } from "../base/mod.ts";
import type { Problem } from "../views/mod.ts";
import type { FileDescriptor } from "./descriptor.ts";
import type { WayKind } from "./ways.ts";

/**
 * Where a transfer stands. `offered`: of another's file, nobody said yes yet; of one's own, it lies
 * here for whoever asks. `waiting`: its turn comes; `paused`, `cancelled`, `declined` are what the
 * person said; `failed` can go on again.
 */
export type TransferState =
  | "offered"
  | "waiting"
  | "transferring"
  | "paused"
  | "done"
  | "failed"
  | "cancelled"
  | "declined";

/** A file that comes or goes, as it is remembered. */
export interface Transfer {
  /** Ours: 32 hex digits; the sealed file lies under this name. */
  readonly id: string;
  /** Sent from here. */
  readonly mine: boolean;
  /** Bare JID of the contact or room. */
  readonly peer: string;
  /** Who sent the descriptor; "" when it is ours. */
  readonly sender: string;
  readonly state: TransferState;
  /** When it began, ms since 1970. */
  readonly at: number;
  readonly descriptor: FileDescriptor;
  /** Of one's own: sealed, so that the descriptor is whole. Of another's: true. */
  readonly sealed: boolean;
  /** What the file is, by its content; null while not enough of it is here. */
  readonly type: string | null;
  readonly problem: Problem | null;
  /** Of one's own: the file it was read from, to be read again when sealing was cut off. */
  readonly path: string | null;
  /** Of one's own: the ways it is to be offered on. Of another's: those allowed. */
  readonly ways: readonly WayKind[] | null;
  /** Of one's own: the receivers were told. */
  readonly announced: boolean;
}

/** How far a transfer is. */
export interface TransferProgress {
  readonly id: string;
  /** Bytes of the sealed file that are over. */
  readonly bytes: number;
  readonly total: number;
  /** Bytes a second over the last seconds. */
  readonly rate: number;
}

/** The states in which nothing will happen by itself. */
export const RESTING: ReadonlySet<TransferState> = new Set([
  "paused",
  "done",
  "failed",
  "cancelled",
  "declined",
]);

/** The key a file opens with; undefined when it has not come yet. */
export function keyOf(transfer: Transfer): Bytes | undefined {
  return transfer.descriptor.key;
}
