// @ts-types="./ltx.d.ts"
import { Element as LtxElement } from "ltx";
import { SimppdError } from "../../base/mod.ts";

/** One XML element. Made with {@link el} or read by the stream reader, written by {@link serialise}. */
export class Element extends LtxElement {
  /** Unlike in ltx, `xmlns=""` ends the namespace of the parents instead of being overlooked. */
  override findNS(prefix?: string): string | undefined {
    const declared = this.attrs[prefix ? `xmlns:${prefix}` : "xmlns"];
    return declared ?? this.parent?.findNS(prefix);
  }
}

/**
 * An element whose XML is at hand: it is written as it stands, and what is in it cannot be looked
 * at. The XML must be one well-formed element that says its own namespace, as {@link serialise}
 * writes it.
 */
export class WrittenElement extends Element {
  constructor(readonly xml: string) {
    super(/^<([^\s/>]+)/.exec(xml)?.[1] ?? "");
  }
}

/** Deepest nesting that is written or read. */
export const MAX_DEPTH = 100;

const NAME_START = "A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF" +
  "\\u200C-\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD" +
  "\\u{10000}-\\u{EFFFF}";
const NC_NAME = `[${NAME_START}][${NAME_START}\\-.0-9\\xB7\\u0300-\\u036F\\u203F-\\u2040]*`;
const QNAME = new RegExp(`^${NC_NAME}(?::${NC_NAME})?$`, "u");
/** Names as they mostly are, told without the tables of Unicode. */
const PLAIN_NAME = /^[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?$/;
// Lone surrogates match \p{Cs} under the u flag.
// deno-lint-ignore no-control-regex
const FORBIDDEN = /[\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF\p{Cs}]/u;

/**
 * Builds an element. `undefined` attributes and children are left out.
 * @example `el("iq", { type: "get", id }, el("ping", { xmlns: NS.ping }))`
 */
export function el(
  name: string,
  attrs?: Record<string, string | undefined>,
  ...children: (Element | string | undefined)[]
): Element {
  const element = new Element(name);
  for (const [key, value] of Object.entries(attrs ?? {})) {
    if (value !== undefined) element.attrs[key] = value;
  }
  for (const child of children) if (child !== undefined) element.append(child);
  return element;
}

/** How many elements there are in `element`, itself among them. */
export function elementCount(element: Element): number {
  let count = 1;
  for (const child of element.children) {
    if (typeof child !== "string") count += elementCount(child);
  }
  return count;
}

/**
 * Text escaped for element content and for attribute values in either quotes; line ends and tabs
 * too, which a reader would otherwise normalise (XML 1.0 sections 2.11, 3.3.3).
 * @throws SimppdError `bad-xml` on characters XML 1.0 forbids
 */
export function escapeText(text: string): string {
  if (FORBIDDEN.test(text)) {
    throw new SimppdError("bad-xml", "This text holds a character that XML cannot carry.");
  }
  return /[&<>"'\r]/.test(text) ? text.replace(/[&<>"'\r]/g, (c) => ESCAPES[c]!) : text;
}

const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\r": "&#xD;",
};

function escapeAttribute(text: string): string {
  const escaped = escapeText(text);
  return /[\n\t]/.test(escaped)
    ? escaped.replaceAll("\n", "&#xA;").replaceAll("\t", "&#x9;")
    : escaped;
}

/**
 * XML text of `element`.
 * @throws SimppdError `bad-xml` on characters XML 1.0 forbids, on names that are none, and on
 * nesting past {@link MAX_DEPTH}
 */
export function serialise(element: Element): string {
  return write(element, 1);
}

function write(element: Element, depth: number): string {
  if (depth > MAX_DEPTH) {
    throw new SimppdError(
      "bad-xml",
      `XML nested deeper than ${MAX_DEPTH} elements is not written.`,
    );
  }
  if (element instanceof WrittenElement) return element.xml;
  checkName(element.name);
  let out = `<${element.name}`;
  for (const key in element.attrs) {
    const value = element.attrs[key];
    if (value === undefined || value === null) continue;
    checkName(key);
    out += ` ${key}="${escapeAttribute(value)}"`;
  }
  if (element.children.length === 0) return out + "/>";
  out += ">";
  for (const child of element.children) {
    out += typeof child === "string" ? escapeText(child) : write(child, depth + 1);
  }
  return `${out}</${element.name}>`;
}

function checkName(name: string): void {
  if (!PLAIN_NAME.test(name) && !QNAME.test(name)) {
    throw new SimppdError("bad-xml", `"${name.slice(0, 40)}" is no XML name.`);
  }
}
