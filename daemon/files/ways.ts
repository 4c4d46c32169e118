import type { Bytes } from "../base/mod.ts";

/** How a file travels: straight between daemons, by the server's upload, or in XMPP messages. */
export type WayKind = "direct" | "upload" | "ibb" | "group";

/** Every kind, best first: the order in which a receiver tries them. */
export const WAY_KINDS: readonly WayKind[] = ["direct", "upload", "ibb", "group"];

/**
 * Where a sealed file can be had; stands in its descriptor. `params` are the way's own, at most 4,
 * names of `a-z` and `-`, values of up to 1024 characters.
 */
export type Source =
  | { readonly kind: "upload"; readonly url: string }
  | {
    readonly kind: Exclude<WayKind, "upload">;
    readonly params: Readonly<Record<string, string>>;
  };

/** A sealed file that is to be made reachable; it does not change while it is offered. */
export interface OutgoingFile {
  /** The descriptor's id: 16 bytes in hex. */
  readonly id: string;
  /** Bare JID of the contact or room it is for. */
  readonly peer: string;
  /** Bytes of the sealed file. */
  readonly sealedSize: number;
  /** SHA-256 of the sealed file, 32 bytes. */
  readonly hash: Bytes;
  /**
   * Bytes of the sealed file from `offset` on, in pieces of up to 1 MiB; each call reads anew. A
   * piece is the reader's alone only until the next is asked for.
   */
  read(offset: number, length?: number): AsyncIterable<Bytes>;
}

/** What a way needs to know of a file it fetches: all from the authenticated descriptor. */
export interface WantedFile {
  readonly id: string;
  /** Bare JID of the contact or room it came over. */
  readonly peer: string;
  /** Bare JID of the account, or occupant's address, that sent the descriptor. */
  readonly from: string;
  readonly sealedSize: number;
  /** SHA-256 of the sealed file, 32 bytes. */
  readonly hash: Bytes;
}

/** Called with the bytes of the sealed file moved so far, counted from its beginning. */
export type OnProgress = (bytes: number) => void;

/** The sender's side of a way. */
export interface Offering {
  /**
   * Makes the file reachable. A way whose bytes lie elsewhere then (upload) resolves when all are
   * there; one that serves them when they are asked for resolves at once, and goes on calling
   * `onProgress` until {@link withdraw}.
   * @returns the source for the descriptor
   * @throws SimppdError; the reason of `signal`
   */
  offer(file: OutgoingFile, signal: AbortSignal, onProgress: OnProgress): Promise<Source>;
  /** Serves this file no more; without effect when it was not offered. */
  withdraw(id: string): void;
}

/** The receiver's side of a way. */
export interface Fetching {
  /**
   * Hands the sealed file's bytes from `offset` on to `sink`, in order; resolves when the last was
   * taken. It may end early at any moment: what `sink` took counts, and the rest comes by another
   * way or later. `sink` throws when more comes than was declared.
   * @throws SimppdError; the reason of `signal`
   */
  fetch(
    source: Source,
    file: WantedFile,
    offset: number,
    sink: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<void>;
}

/** One way for files to travel. */
export interface Way extends Offering, Fetching {
  readonly kind: WayKind;
  /** Whether files to this contact or room can go this way now. */
  usable(peer: string): boolean | Promise<boolean>;
  /** Bytes that a sealed file may have to go this way; undefined: as many as one likes, or unknown. */
  largest?(peer: string): number | Promise<number | undefined>;
}
