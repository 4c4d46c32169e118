import { MAX_DEPTH } from "./element.ts";

/** What one stanza may cost; past any of these the reader throws `policy-violation`. */
export interface ReaderLimits {
  /**
   * Bytes of one stanza, or of the stream header, counted as they come. Written out again, with
   * every character escaped and every namespace spelt, it has so many more at most.
   */
  readonly bytes: number;
  /** Elements within each other, the stanza being 1. */
  readonly depth: number;
  /** Attributes, namespace declarations among them, of one element; those with a prefix are two. */
  readonly attributes: number;
  /** Child elements of one element. */
  readonly children: number;
  /**
   * Bytes of a stanza that is passed over, where its reader does that, when it is past one of these
   * limits; past this one it is an error there too.
   */
  readonly passedOver?: number;
}

/** For peers that have not shown who they are. */
export const LIMITS_BEFORE_AUTH: ReaderLimits = {
  bytes: 10_000,
  depth: 20,
  attributes: 20,
  children: 100,
};

/** Elements that a server may put around a stanza: a carbon copy or an archived message has three. */
const WRAPPING = 10;

/** For peers that have logged in. What they send can still be wrapped and be written. */
export const LIMITS_AFTER_AUTH: ReaderLimits = {
  bytes: 262_144,
  depth: MAX_DEPTH - WRAPPING,
  attributes: 50,
  children: 10_000,
};

/**
 * For what a server sends: any stanza it takes from others must pass when it is escaped, marked and
 * wrapped, or one of them could end a stream of somebody else; a whole roster is one stanza too.
 */
export const LIMITS_OF_SERVER: ReaderLimits & { readonly passedOver: number } = {
  bytes: 2_097_152,
  depth: MAX_DEPTH,
  attributes: 200,
  children: 20_000,
  passedOver: 16_777_216,
};

/** For what was kept: all that was ever taken and can still be wrapped and sent on. */
export const LIMITS_STORED: ReaderLimits = {
  ...LIMITS_OF_SERVER,
  bytes: LIMITS_OF_SERVER.bytes - 65_536,
  depth: MAX_DEPTH - WRAPPING,
};

/** Bytes of `text` in UTF-8. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // A surrogate pair is two units here and four bytes there.
    if (code >= 0xd800 && code < 0xe000) bytes += 1;
    else if (code >= 0x800) bytes += 2;
    else if (code >= 0x80) bytes += 1;
  }
  return bytes;
}
