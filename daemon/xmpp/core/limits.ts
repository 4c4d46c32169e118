import { MAX_DEPTH } from "./element.ts";

/** What one stanza may cost; past any of these the reader throws `policy-violation`. */
export interface ReaderLimits {
  /** Bytes of one stanza, or of the stream header, counted as they come. */
  readonly bytes: number;
  /** Elements within each other, the stanza being 1. */
  readonly depth: number;
  /** Attributes, namespace declarations among them, of one element. */
  readonly attributes: number;
  /** Child elements of one element. */
  readonly children: number;
}

/** For peers that have not shown who they are. */
export const LIMITS_BEFORE_AUTH: ReaderLimits = {
  bytes: 10_000,
  depth: 20,
  attributes: 20,
  children: 100,
};

/** For peers that have logged in. */
export const LIMITS_AFTER_AUTH: ReaderLimits = {
  bytes: 262_144,
  depth: MAX_DEPTH,
  attributes: 50,
  children: 10_000,
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
