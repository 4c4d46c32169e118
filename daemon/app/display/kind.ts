import type { DisplayKind } from "../../views/mod.ts";

/** What a file is, by its first bytes. */
export interface ShownType {
  readonly kind: DisplayKind;
  /** What a browser is told it is. */
  readonly type: string;
  /** For a viewer that goes by names. */
  readonly extension: string;
}

/** How many of a file's first bytes {@link typeOf} and `pictureSize` look at. */
export const HEAD = 512 * 1024;

type Rule = readonly [kind: DisplayKind, type: string, extension: string, is: (b: Head) => boolean];

/** The first bytes, with the comparisons that signatures need. */
class Head {
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  is(at: number, signature: string): boolean {
    for (let i = 0; i < signature.length; i++) {
      if (this.#bytes[at + i] !== signature.charCodeAt(i)) return false;
    }
    return true;
  }
  at(index: number): number {
    return this.#bytes[index] ?? -1;
  }
  has(text: string, within: number): boolean {
    const end = Math.min(within, this.#bytes.length);
    return new TextDecoder("latin1").decode(this.#bytes.subarray(0, end)).includes(text);
  }
}

/** An MPEG audio frame's first bytes: 11 bits of sync, layer III, a rate and a frequency that are. */
const isMpegAudio = (b: Head) =>
  b.at(0) === 0xff && (b.at(1) & 0xe6) === 0xe2 && (b.at(1) & 0x18) !== 0x08 &&
  (b.at(2) & 0xf0) !== 0xf0 && (b.at(2) & 0x0c) !== 0x0c;

/** Signatures of the WHATWG's MIME Sniffing standard, sections 6.1 and 6.2, and RFC 8118. */
const RULES: readonly Rule[] = [
  ["picture", "image/png", "png", (b) => b.is(0, "\x89PNG\r\n\x1a\n")],
  ["picture", "image/jpeg", "jpg", (b) => b.is(0, "\xff\xd8\xff")],
  ["picture", "image/gif", "gif", (b) => b.is(0, "GIF87a") || b.is(0, "GIF89a")],
  ["picture", "image/webp", "webp", (b) => b.is(0, "RIFF") && b.is(8, "WEBPVP8")],
  ["pdf", "application/pdf", "pdf", (b) => b.is(0, "%PDF-")],
  ["audio", "audio/mp4", "m4a", (b) => b.is(4, "ftyp") && b.is(8, "M4A")],
  ["video", "video/mp4", "mp4", (b) => b.is(4, "ftyp") && !/^(hei|hev|mif|avi)/.test(brand(b))],
  ["video", "video/webm", "webm", (b) => b.is(0, "\x1a\x45\xdf\xa3") && b.has("webm", 64)],
  ["video", "video/ogg", "ogv", (b) => b.is(0, "OggS") && b.has("theora", 256)],
  ["audio", "audio/ogg", "ogg", (b) => b.is(0, "OggS")],
  ["audio", "audio/wav", "wav", (b) => b.is(0, "RIFF") && b.is(8, "WAVE")],
  ["audio", "audio/flac", "flac", (b) => b.is(0, "fLaC")],
  ["audio", "audio/mpeg", "mp3", (b) => b.is(0, "ID3") || isMpegAudio(b)],
];

function brand(b: Head): string {
  return String.fromCharCode(...[8, 9, 10, 11].map((at) => Math.max(0, b.at(at))));
}

/**
 * What a file is, whatever its name and its sender say; null for what is not shown. Text that is a
 * program somewhere, such as HTML and SVG, is text.
 * @param head its first bytes, {@link HEAD} at most
 */
export function typeOf(head: Uint8Array): ShownType | null {
  const b = new Head(head);
  for (const [kind, type, extension, is] of RULES) {
    if (is(b)) return { kind, type, extension };
  }
  return isText(head) ? { kind: "text", type: "text/plain", extension: "txt" } : null;
}

/** UTF-8 (or UTF-16 that says so) without the bytes that no text has. */
function isText(head: Uint8Array): boolean {
  if (head.length === 0) return false;
  const wide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (wide) return head.length % 2 === 0;
  if (head.some((byte) => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte))) {
    return false;
  }
  try {
    // A character may be cut where the head ends.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
