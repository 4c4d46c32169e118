import { el, type Element, NS } from "../core/mod.ts";

const MAX_URL = 2_048;
const MAX_DESCRIPTION = 500;

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
