import { SimppdError } from "../base/mod.ts";
import type { Problem } from "../views/mod.ts";
import type { FileDescriptor } from "./descriptor.ts";
import type { PictureSize } from "./dimensions.ts";
import type { PlainFile } from "./plain_file.ts";
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
  /** Hex of the account key that spoke in a group; null in a chat, and when it is ours. */
  readonly senderKey: string | null;
  readonly state: TransferState;
  /** When it began, ms since 1970. */
  readonly at: number;
  readonly descriptor: FileDescriptor;
  /** Its sealed file is here, or there is room for it: it counts towards the quota. */
  readonly kept: boolean;
  /** Of one's own: sealed, so that the descriptor is whole. */
  readonly sealed: boolean;
  /** What the file is, by its content; null while not enough of it is here. */
  readonly type: string | null;
  /** Of another's picture: how large it is, by its content; null while, or where, that is not known. */
  readonly pixels: PictureSize | null;
  readonly problem: Problem | null;
  /** Of one's own: the file it was read from, to be read again when sealing was cut off. */
  readonly file: PlainFile | null;
  /** Of one's own: the ways it is to be offered on. Of another's: those allowed. */
  readonly ways: readonly WayKind[] | null;
  /** Of one's own: the receivers were told. */
  readonly announced: boolean;
  /** Of one's own: the receivers are told of no key, and ask for it. */
  readonly keyOnRequest: boolean;
  /** A person wants it: sent it, or said yes. Else it comes by itself. */
  readonly asked: boolean;
  /** Bytes of its part that lay here when it stopped last. */
  readonly held: number;
}

/** What a transfer takes: bytes on the disk, now or promised, and those of them not there yet. */
export function takenBy(
  { mine, kept, sealed, state, held, descriptor: { sealedSize } }: Transfer,
): { readonly bytes: number; readonly missing: number } {
  if (!kept) return { bytes: 0, missing: 0 };
  if (mine ? sealed : state === "done") return { bytes: sealedSize, missing: 0 };
  // What failed is promised nothing: it may never go on.
  if (state === "failed") return { bytes: held, missing: 0 };
  return { bytes: sealedSize, missing: Math.max(0, sealedSize - held) };
}

/** How far a transfer is. */
export interface TransferProgress {
  readonly id: string;
  /** Bytes of the sealed file that are over; while one's own is sealed, those sealed. */
  readonly bytes: number;
  readonly total: number;
  /** Bytes a second over the last seconds. */
  readonly rate: number;
}

/** Problems that a connection cures. */
export const CURED_BY_CONNECTION: ReadonlySet<string> = new Set([
  "connection-failed",
  "no-path",
  "no-way",
  "offline",
  "peer-busy",
  "stream-cut",
  "stream-stalled",
  "timeout",
  "too-slow",
  "transfer-failed",
  "upload-unavailable",
]);

/** What a person can say to a transfer. */
export type Command = "accept" | "decline" | "pause" | "resume" | "cancel";

const FROM: Readonly<Record<Command, readonly TransferState[]>> = {
  accept: ["offered", "declined"],
  decline: ["offered"],
  pause: ["waiting", "transferring", "offered"],
  resume: ["paused", "failed"],
  cancel: ["offered", "waiting", "transferring", "paused", "failed"],
};

/** Checks that a command means something to this transfer. @throws SimppdError `transfer-state` */
export function checkCommand(transfer: Transfer, command: Command): void {
  const { mine, state } = transfer;
  // One's own is offered to others: there is nothing to say yes or no to.
  const answers = command === "accept" || command === "decline";
  const right = FROM[command].includes(state) && !(mine && answers) &&
    !(command === "pause" && state === "offered" && !mine);
  const cut = mine && !transfer.sealed && transfer.file === null;
  if (right && !(cut && (command === "pause" || command === "resume"))) return;
  if (right) {
    throw new SimppdError(
      "transfer-state",
      "This file is read once: cancel it, or choose it again and send it.",
    );
  }
  throw new SimppdError("transfer-state", `This transfer is ${state}: it takes no "${command}".`);
}

/** A descriptor as it goes to those who are to ask for the key. */
export function withoutKey({ key: _, ...rest }: FileDescriptor): FileDescriptor {
  return rest;
}
