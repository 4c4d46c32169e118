import { sniff } from "../../files/mod.ts";
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

/** What is shown, by the type that its content says. */
const SHOWN: Readonly<Record<string, readonly [kind: DisplayKind, extension: string]>> = {
  "image/png": ["picture", "png"],
  "image/jpeg": ["picture", "jpg"],
  "image/gif": ["picture", "gif"],
  "image/webp": ["picture", "webp"],
  "application/pdf": ["pdf", "pdf"],
  "audio/mp4": ["audio", "m4a"],
  "video/mp4": ["video", "mp4"],
  "video/webm": ["video", "webm"],
  "video/ogg": ["video", "ogv"],
  "audio/ogg": ["audio", "ogg"],
  "audio/wav": ["audio", "wav"],
  "audio/flac": ["audio", "flac"],
  "audio/mpeg": ["audio", "mp3"],
  "text/plain": ["text", "txt"],
};

/**
 * What a file is, whatever its name and its sender say; null for what is not shown. Text that is a
 * program somewhere, such as HTML and SVG, is text.
 * @param head its first bytes, {@link HEAD} at most
 */
export function typeOf(head: Uint8Array): ShownType | null {
  if (head.length === 0) return null;
  const found = sniff(head);
  // Browsers play most of these, and only under that name.
  const type = found === "video/quicktime" ? "video/mp4" : found;
  const shown = SHOWN[type];
  return shown === undefined ? null : { kind: shown[0], type, extension: shown[1] };
}
