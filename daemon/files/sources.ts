import { el, type Element, NS } from "../xmpp/core/mod.ts";
import { type Source, WAY_KINDS, type WayKind } from "./ways.ts";

/** XEP-0447 and what it names an HTTP place with (XEP-0103) */
const SFS_NS = "urn:xmpp:sfs:0";
const URL_NS = "http://jabber.org/protocol/url-data";
const WAY_NS = NS.simppFiles;

const MOST_SOURCES = 8;
const MOST_URL = 2_048;
const MOST_PARAMS = 4;
const MOST_VALUE = 1_024;
/** Of all sources together, in characters: each offer is remembered with its own. */
const MOST_TEXT = 8_192;
const NAME = /^[a-z][a-z-]{0,31}$/;

/** `<sources/>` of XEP-0447. @throws RangeError when a source is out of bounds */
export function writeSources(sources: readonly Source[]): Element {
  checkText(sources);
  return el(
    "sources",
    { xmlns: SFS_NS },
    ...sources.map((source) => {
      checkSource(source);
      if (source.kind === "upload") return el("url-data", { xmlns: URL_NS, target: source.url });
      const params = Object.entries(source.params)
        .map(([name, value]) => el("param", { name }, value));
      return el("way", { xmlns: WAY_NS, kind: source.kind }, ...params);
    }),
  );
}

/**
 * Reads `<sources/>`. What this simppd does not know is left out, as XEP-0447 section 3.1 has it.
 * @throws RangeError when a known one is malformed, or there are too many
 */
export function readSources(element: Element): Source[] {
  const children = element.getChildElements();
  if (children.length > MOST_SOURCES) throw new RangeError("too many sources");
  const sources = children.flatMap((child) => {
    const source = readSource(child);
    if (source === undefined) return [];
    checkSource(source);
    return [source];
  });
  checkText(sources);
  return sources;
}

/** Whether a descriptor can name this source. */
export function canBeNamed(source: Source): boolean {
  try {
    checkSource(source);
    return true;
  } catch {
    return false;
  }
}

function checkText(sources: readonly Source[]): void {
  const length = sources.reduce((sum, source) => sum + lengthOf(source), 0);
  if (length > MOST_TEXT) throw new RangeError("sources of too many characters");
}

function lengthOf(source: Source): number {
  if (source.kind === "upload") return source.url.length;
  return Object.entries(source.params)
    .reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}

function readSource(child: Element): Source | undefined {
  if (child.is("url-data", URL_NS)) return { kind: "upload", url: child.attrs.target ?? "" };
  if (!child.is("way", WAY_NS)) return undefined;
  const kind = WAY_KINDS.find((name) => name === child.attrs.kind);
  if (kind === undefined || kind === "upload") return undefined;
  const params = child.getChildren("param", WAY_NS)
    .map((param) => [param.attrs.name ?? "", param.getText()] as const);
  return { kind, params: Object.fromEntries(params) };
}

function checkSource(source: Source): void {
  if (source.kind === "upload") {
    const url = source.url.length > MOST_URL ? null : URL.parse(source.url);
    if (url?.protocol !== "https:") throw new RangeError("a source that is no https URL");
    return;
  }
  const params = Object.entries(source.params);
  const right = params.length <= MOST_PARAMS &&
    params.every(([name, value]) => NAME.test(name) && value.length <= MOST_VALUE);
  if (!right) throw new RangeError("a source with parameters out of bounds");
}

/** The sources of a file in the order in which they are tried. */
export function inOrder(sources: readonly Source[], order: readonly WayKind[]): Source[] {
  return sources.filter(({ kind }) => order.includes(kind))
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}
