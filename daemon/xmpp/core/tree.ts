import { SaxesParser, type SaxesTagNS } from "saxes";
import { Element } from "./element.ts";
import { StreamError } from "./errors.ts";
import { byteLength, type ReaderLimits } from "./limits.ts";
import { NS } from "./namespaces.ts";

const WHITESPACE = /^[ \t\r\n]*/;
const OPTIONS = { xmlns: true, position: false, forceXMLVersion: true, defaultXMLVersion: "1.0" };

/**
 * One complete element, as strict as the stream: for XML that came inside something else, such as
 * end-to-end encrypted content.
 * @throws StreamError as `StreamReader.write()`
 */
export function parseElement(text: string, limits: ReaderLimits): Element {
  if (!text.isWellFormed()) throw new StreamError("not-well-formed", "a lone surrogate");
  if (byteLength(text) > limits.bytes) {
    throw new StreamError("policy-violation", `the XML may have ${limits.bytes} bytes at most`);
  }
  const tree = new TreeBuilder(limits, false);
  tree.write(text);
  tree.end();
  if (tree.finished === undefined) throw new StreamError("not-well-formed", "no element");
  return tree.finished;
}

/** Turns the parser's events into elements, and into errors what XMPP does not allow. */
export class TreeBuilder {
  limits: ReaderLimits;
  /** Attributes of a stream header just read, until the reader takes them. */
  opened: Record<string, string> | undefined;
  /** A stanza just completed, until the reader takes it. */
  finished: Element | undefined;
  closed = false;
  /** Whether the parser stands between two stanzas, where whitespace means nothing. */
  between = false;

  /** Whether a tag ended with what was written last: what follows is text until the next one begins. */
  tagEnded = false;

  readonly #parser = new SaxesParser(OPTIONS as { xmlns: true });
  /** 1 for a stream, whose root is never complete; 0 where the root is the element wanted. */
  readonly #outside: number;
  #depth = 0;
  #attributes = 0;
  /** What writing it out again adds so far: namespaces, each spelt, and what is escaped. */
  #grown = 0;
  #current: Element | undefined;
  /** Namespaces of the elements that are open, the stanza's first: each would have to be looked for. */
  #namespaces: string[] = [];
  #childCounts: number[] = [];

  constructor(limits: ReaderLimits, stream: boolean) {
    this.limits = limits;
    this.#outside = stream ? 1 : 0;
    const parser = this.#parser;
    parser.on("error", (error) => {
      throw new StreamError("not-well-formed", undefined, error);
    });
    for (const kind of ["comment", "processinginstruction", "doctype"] as const) {
      parser.on(kind, () => {
        throw new StreamError("restricted-xml", `a ${kind} is not allowed in XMPP`);
      });
    }
    parser.on("xmldecl", ({ encoding }) => {
      if (encoding !== undefined && encoding.toLowerCase() !== "utf-8") {
        throw new StreamError("unsupported-encoding", "XMPP is UTF-8");
      }
    });
    parser.on("opentagstart", () => this.#start());
    parser.on("attribute", () => {
      if (++this.#attributes > this.limits.attributes) throw over("attributes", this.limits);
    });
    parser.on("opentag", (tag) => this.#open(tag));
    parser.on("closetag", () => this.#close());
    parser.on("text", (text) => this.#text(text));
    parser.on("cdata", (text) => this.#text(text));
  }

  write(piece: string): void {
    this.between = false;
    this.tagEnded = false;
    this.#parser.write(piece);
  }

  end(): void {
    this.#parser.close();
  }

  /** Before attributes and namespaces are looked at, whose cost grows with depth. */
  #start(): void {
    this.#attributes = 0;
    const inside = this.#depth - this.#outside;
    if (inside >= this.limits.depth) throw over("depth", this.limits);
    if (inside < 1) return;
    const count = (this.#childCounts[inside] ?? 0) + 1;
    if (count > this.limits.children) throw over("children", this.limits);
    this.#childCounts[inside] = count;
  }

  #open(tag: SaxesTagNS): void {
    this.tagEnded = true;
    this.#depth++;
    if (this.#depth === this.#outside) {
      if (tag.local !== "stream" || tag.uri !== NS.stream) {
        throw new StreamError("invalid-namespace", `expected a stream header, not <${tag.name}>`);
      }
      this.opened = Object.fromEntries(
        Object.values(tag.attributes).map(({ name, value }) => [name, value]),
      );
      this.between = true;
      return;
    }
    this.#childCounts[this.#depth - this.#outside] = 0;
    if (this.#current === undefined) this.#grown = 0;
    const element = elementOf(tag, this.#namespaces.at(-1) ?? "");
    this.#namespaces.push(tag.uri);
    this.#countGrowth(tag, element);
    this.#current?.append(element);
    this.#current = element;
  }

  /** One long namespace and many short prefixed names must not make something huge. */
  #countGrowth(tag: SaxesTagNS, element: Element): void {
    this.#grown += element.attrs.xmlns?.length ?? 0;
    let attributes = this.#attributes;
    for (const key in tag.attributes) {
      const { prefix, uri, value } = tag.attributes[key]!;
      this.#grown += growth(value);
      if (prefix === "" || prefix === "xml" || prefix === "xmlns") continue;
      this.#grown += uri.length;
      attributes++;
    }
    if (attributes > this.limits.attributes) throw over("attributes", this.limits);
    if (this.#grown > this.limits.bytes) throw over("bytes", this.limits);
  }

  #close(): void {
    this.tagEnded = true;
    this.#depth--;
    if (this.#depth < this.#outside) {
      this.closed = true;
      return;
    }
    const element = this.#current;
    this.#namespaces.pop();
    this.#current = element?.parent ?? undefined;
    if (this.#depth === this.#outside) {
      this.finished = element;
      this.between = true;
    }
  }

  #text(text: string): void {
    if (this.#current !== undefined) {
      this.#grown += growth(text);
      if (this.#grown > this.limits.bytes) throw over("bytes", this.limits);
      this.#current.append(text);
    } else if (WHITESPACE.exec(text)?.[0] !== text) {
      throw new StreamError("bad-format", "text outside of a stanza");
    }
  }
}

const GROWTH: Readonly<Record<string, number>> = {
  "&": 4,
  "<": 3,
  ">": 3,
  '"': 5,
  "'": 5,
  "\r": 4,
};

/** How much longer a text is when it is written. */
function growth(text: string): number {
  if (!/[&<>"'\r]/.test(text)) return 0;
  let grown = 0;
  for (let i = 0; i < text.length; i++) grown += GROWTH[text[i]!] ?? 0;
  return grown;
}

/** Without prefix, and with `xmlns` only where the namespace differs from the parent's. */
function elementOf(tag: SaxesTagNS, parentNamespace: string): Element {
  const element = new Element(tag.local);
  if (parentNamespace !== tag.uri) element.attrs.xmlns = tag.uri;
  for (const key in tag.attributes) {
    const { name, prefix, local, uri, value } = tag.attributes[key]!;
    if (prefix === "xmlns" || (prefix === "" && local === "xmlns")) continue;
    element.attrs[name] = value;
    if (prefix !== "" && prefix !== "xml") element.attrs[`xmlns:${prefix}`] = uri;
  }
  return element;
}

function over(what: keyof ReaderLimits, limits: ReaderLimits): StreamError {
  return new StreamError("policy-violation", `more than ${limits[what]} ${what}`);
}
