import { el, type Element, NS } from "../core/mod.ts";

const MAX_URL = 2_048;
const MAX_DESCRIPTION = 500;
/** What does not stand in a URL as it is takes three characters there for each of its bytes. */
const MAX_WRITTEN = 4_096;

/** A URL beside a message (XEP-0066 section 3). */
export interface OutOfBand {
  readonly url: string;
  readonly description: string;
}

/** `<x xmlns="jabber:x:oob"/>`; clients show the file itself when the body is the URL too. */
export function outOfBand(url: string, description?: string): Element {
  return el(
    "x",
    { xmlns: NS.outOfBand },
    el("url", {}, url),
    description === undefined ? undefined : el("desc", {}, description),
  );
}

/** The file a message points to; undefined when it names none, or none by https. */
export function readOutOfBand(message: Element): OutOfBand | undefined {
  const x = message.getChild("x", NS.outOfBand);
  const url = x?.getChildText("url")?.trim() ?? "";
  if (url.length > MAX_URL || URL.parse(url)?.protocol !== "https:") return undefined;
  return { url, description: (x!.getChildText("desc") ?? "").slice(0, MAX_DESCRIPTION) };
}

/**
 * The URL beside a message, of any scheme, as it may be shown: written by the URL standard, so that
 * hosts beyond ASCII stand in Punycode and nothing in it hides or turns. It is only ever text; what
 * may be opened is for the reader to judge.
 * @param content the children of a message
 */
export function readLink(content: readonly Element[]): string | undefined {
  const url = content.find((child) => child.is("x", NS.outOfBand))?.getChildText("url")?.trim();
  if (url === undefined || url.length > MAX_URL) return undefined;
  const written = URL.parse(url)?.href;
  return written !== undefined && written.length <= MAX_WRITTEN ? written : undefined;
}
