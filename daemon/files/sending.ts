import type { Bytes } from "../base/mod.ts";
import type { Problem } from "../views/mod.ts";
import type { PlainSource } from "./sealed_writer.ts";
import type { FileSuite } from "./sealing.ts";
import type { WayKind } from "./ways.ts";

/** A file to be sent. */
export interface Sending {
  /** What it is to be called here, 32 random hex digits; made when absent. */
  readonly id?: string;
  /** Bare JID of the contact or room. */
  readonly peer: string;
  /** A path, or bytes that come once, such as from the dashboard. */
  readonly from: string | PlainSource;
  /** Path of a file with the same bytes, to be read again when they were cut off. */
  readonly again?: string;
  readonly name: string;
  readonly suite: FileSuite;
  readonly display?: boolean;
  /** The only ways it may go; what is there decides when absent. */
  readonly ways?: readonly WayKind[];
  /** The key is told to those who ask for it, and may have it. */
  readonly keyOnRequest?: boolean;
  /** What the dashboard drew of it. */
  readonly thumbnail?: Bytes;
}

/** Who a descriptor came from, and what is to be done about it. */
export interface Receiving {
  /** Bare JID of the contact or room. */
  readonly peer: string;
  /** Who sent it: a bare JID or occupant's address. */
  readonly sender: string;
  /** In a group: hex of the account key that spoke. */
  readonly senderKey?: string;
  /** Fetch it at once. */
  readonly accept: boolean;
  /** Why it is not to be taken at all as it is: it is remembered as failed by this. */
  readonly problem?: Problem;
  readonly ways?: readonly WayKind[];
}
