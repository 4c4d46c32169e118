import { SaxesParser, type SaxesTagNS } from "saxes";
import { Element, MAX_DEPTH } from "./element.ts";
import { StreamError } from "./errors.ts";
import { NS } from "./namespaces.ts";

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

/** Called in the order things stand in the stream, never while the parser is inside a token. */
export interface StreamHandler {
  /** Attributes of the stream header, `xmlns` and `xmlns:…` among them. */
  onOpen(attrs: Record<string, string>): void;
  onStanza(stanza: Element): void;
  /** `</stream:stream>` came. */
  onClose(): void;
}

const WHITESPACE = /^[ \t\r\n]*/;
const OPTIONS = { xmlns: true, position: false, forceXMLVersion: true, defaultXMLVersion: "1.0" };

/**
 * Reads an XML stream (RFC 6120 section 4) as bytes come, however they are cut. Every stanza is an
 * {@link Element} without prefixes: `xmlns` stands wherever the namespace changes, and always on the
 * stanza itself. Memory is bounded by the limits. After an error the reader reads no more.
 */
export class StreamReader {
  readonly #handler: StreamHandler;
  #limits: ReaderLimits;
  #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #tree: TreeBuilder;
  /** Bytes of the stanza that is being read. */
  #used = 0;
  #stopped = false;

  constructor(handler: StreamHandler, limits: ReaderLimits) {
    this.#handler = handler;
    this.#limits = limits;
    this.#tree = new TreeBuilder(limits, true);
  }

  /**
   * Takes the next bytes of the stream and calls the handler for what they complete.
   * @throws StreamError `not-well-formed`, `restricted-xml`, `policy-violation`, `bad-format`,
   * `invalid-namespace`, `unsupported-encoding`; and whatever the handler throws
   */
  write(bytes: Uint8Array): void {
    if (this.#stopped) return;
    try {
      this.#read(bytes);
    } catch (error) {
      this.#stopped = true;
      throw error;
    }
  }

  setLimits(limits: ReaderLimits): void {
    this.#limits = limits;
    this.#tree.limits = limits;
  }

  /**
   * A new stream header is expected next, on the same flow of bytes (after SASL). Called from a
   * handler it holds from the byte after that stanza on. Not for STARTTLS: there a new reader must
   * be made, so that nothing that came in clear is left.
   */
  restart(): void {
    this.#tree = new TreeBuilder(this.#limits, true);
    this.#used = 0;
  }

  /** Nothing more is read nor delivered, not even what already came. */
  stop(): void {
    this.#stopped = true;
  }

  #read(bytes: Uint8Array): void {
    const text = decode(this.#decoder, bytes);
    const ascii = text.length === bytes.length;
    // saxes reports a closing tag before it compares its name: only what came without an error up
    // to and including a ">" is delivered, hence the pieces.
    let at = 0;
    while (at < text.length && !this.#stopped) {
      const end = text.indexOf(">", at) + 1 || text.length;
      this.#piece(text.slice(at, end), ascii);
      at = end;
    }
  }

  #piece(raw: string, ascii: boolean): void {
    const tree = this.#tree;
    const piece = tree.between ? raw.replace(WHITESPACE, "") : raw;
    if (piece === "") return;
    this.#used += ascii ? piece.length : byteLength(piece);
    if (this.#used > this.#limits.bytes) {
      throw new StreamError(
        "policy-violation",
        `one stanza may have ${this.#limits.bytes} bytes at most`,
      );
    }
    tree.write(piece);
    if (tree.opened !== undefined) {
      const attrs = tree.opened;
      tree.opened = undefined;
      this.#used = 0;
      this.#handler.onOpen(attrs);
    }
    if (tree.finished !== undefined) {
      const stanza = tree.finished;
      tree.finished = undefined;
      this.#used = 0;
      this.#handler.onStanza(stanza);
    }
    if (tree.closed) {
      this.#stopped = true;
      this.#handler.onClose();
    }
  }
}

/**
 * One complete element, as strict as the stream: for XML that came inside something else, such as
 * end-to-end encrypted content.
 * @throws StreamError as {@link StreamReader.write}
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

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw new StreamError("not-well-formed", "these bytes are not UTF-8", cause);
  }
}

function byteLength(text: string): number {
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

/** Turns the parser's events into elements, and into errors what XMPP does not allow. */
class TreeBuilder {
  limits: ReaderLimits;
  /** Attributes of a stream header just read, until the reader takes them. */
  opened: Record<string, string> | undefined;
  /** A stanza just completed, until the reader takes it. */
  finished: Element | undefined;
  closed = false;
  /** Whether the parser stands between two stanzas, where whitespace means nothing. */
  between = false;

  readonly #parser = new SaxesParser(OPTIONS as { xmlns: true });
  /** 1 for a stream, whose root is never complete; 0 where the root is the element wanted. */
  readonly #outside: number;
  #depth = 0;
  #attributes = 0;
  #current: Element | undefined;
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
    const element = elementOf(tag, this.#current);
    this.#current?.append(element);
    this.#current = element;
  }

  #close(): void {
    this.#depth--;
    if (this.#depth < this.#outside) {
      this.closed = true;
      return;
    }
    const element = this.#current;
    this.#current = element?.parent ?? undefined;
    if (this.#depth === this.#outside) {
      this.finished = element;
      this.between = true;
    }
  }

  #text(text: string): void {
    if (this.#current !== undefined) this.#current.append(text);
    else if (WHITESPACE.exec(text)?.[0] !== text) {
      throw new StreamError("bad-format", "text outside of a stanza");
    }
  }
}

/** Without prefix, and with `xmlns` only where the namespace differs from the parent's. */
function elementOf(tag: SaxesTagNS, parent: Element | undefined): Element {
  const element = new Element(tag.local);
  if (parent === undefined ? tag.uri !== "" : (parent.getNS() ?? "") !== tag.uri) {
    element.attrs.xmlns = tag.uri;
  }
  for (const { name, prefix, local, uri, value } of Object.values(tag.attributes)) {
    if (prefix === "xmlns" || (prefix === "" && local === "xmlns")) continue;
    element.attrs[name] = value;
    if (prefix !== "" && prefix !== "xml") element.attrs[`xmlns:${prefix}`] = uri;
  }
  return element;
}

function over(what: keyof ReaderLimits, limits: ReaderLimits): StreamError {
  return new StreamError("policy-violation", `more than ${limits[what]} ${what}`);
}
