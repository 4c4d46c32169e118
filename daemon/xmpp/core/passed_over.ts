import type { Element } from "./element.ts";
import { StreamError } from "./errors.ts";
import type { ReaderLimits } from "./limits.ts";
import { TreeBuilder } from "./tree.ts";

const CDATA = "<![CDATA[";
/** Attributes of one tag that are looked through for the few that count. */
const MOST_ATTRIBUTES = 100_000;

/**
 * Finds the end of an element without keeping what is in it, in time that grows with its length
 * alone. Names are not compared: whoever wrote it is trusted to close what was opened.
 */
class ElementEnd {
  /** Characters up to the end of the first tag, once that came. */
  firstTag: number | undefined;
  ended = false;
  #depth = 0;
  #inside: "text" | "tag" | "cdata" = "text";
  #closing = false;
  #quote = "";
  #slash = false;
  /** What may be the begin of a token, until more of it comes. */
  #carry = "";
  #seen = 0;

  /** @returns how much of `more` was of the element. @throws StreamError `restricted-xml` */
  read(more: string): number {
    const text = this.#carry + more;
    const carried = this.#carry.length;
    const before = this.#seen - carried;
    this.#seen += more.length;
    this.#carry = "";
    let at = 0;
    while (at < text.length && !this.ended) {
      if (this.#inside === "text") at = this.#text(text, at);
      else if (this.#inside === "tag") at = this.#tag(text, at, before);
      else at = this.#cdata(text, at);
    }
    return at - carried;
  }

  #text(text: string, from: number): number {
    const at = text.indexOf("<", from);
    if (at < 0) return text.length;
    const begin = text.slice(at, at + CDATA.length);
    if (begin.startsWith("<?")) throw restricted();
    if (begin === CDATA) {
      this.#inside = "cdata";
      return at + CDATA.length;
    }
    if (begin.length === 1 || (begin.startsWith("<!") && CDATA.startsWith(begin))) {
      this.#carry = begin;
      return text.length;
    }
    if (begin.startsWith("<!")) throw restricted();
    this.#inside = "tag";
    this.#closing = begin[1] === "/";
    this.#slash = false;
    return at + (this.#closing ? 2 : 1);
  }

  #tag(text: string, from: number, before: number): number {
    if (this.#quote !== "") {
      const end = text.indexOf(this.#quote, from);
      if (end < 0) return text.length;
      this.#quote = "";
      return end + 1;
    }
    let at = from;
    for (; at < text.length; at++) {
      const c = text[at]!;
      if (c === '"' || c === "'") {
        this.#quote = c;
        this.#slash = false;
        return at + 1;
      }
      if (c === ">") break;
      this.#slash = c === "/";
    }
    if (at === text.length) return at;
    this.#inside = "text";
    if (this.#closing) this.#depth--;
    else if (!this.#slash) this.#depth++;
    this.firstTag ??= before + at + 1;
    this.ended = this.#depth === 0;
    return at + 1;
  }

  #cdata(text: string, from: number): number {
    const end = text.indexOf("]]>", from);
    if (end < 0) {
      this.#carry = text.slice(Math.max(from, text.length - 2));
      return text.length;
    }
    this.#inside = "text";
    return end + 3;
  }
}

function restricted(): StreamError {
  return new StreamError("restricted-xml", "only elements and text are allowed in XMPP");
}

/**
 * A stanza that passed a limit, of which no more is kept than its own tag. A stream of it goes on
 * behind it: ended, it would be resumed, or asked the same again, and end again.
 */
export class PassedOver {
  readonly #header: string;
  readonly #limits: ReaderLimits;
  readonly #end = new ElementEnd();
  /** What came of the first tag, until it is whole. */
  #tag = "";
  #name = "";
  #tree: TreeBuilder | undefined;

  /**
   * @param header the stream's; nothing where the stanza is a document of its own
   * @param why thrown when its first tag alone is past the limits
   */
  constructor(header: string, limits: ReaderLimits, readonly why: StreamError) {
    this.#header = header;
    this.#limits = limits;
  }

  get ended(): boolean {
    return this.#end.ended;
  }

  /**
   * Takes more of it, from its begin on.
   * @returns how much of `more` was of it
   * @throws StreamError `why`, `restricted-xml`
   */
  read(more: string): number {
    const taken = this.#end.read(more);
    if (this.#tree === undefined) this.#begin(more);
    return taken;
  }

  #begin(more: string): void {
    this.#tag += more;
    const { firstTag = this.#tag.length } = this.#end;
    if (firstTag > this.#limits.bytes) throw this.why;
    if (this.#end.firstTag !== undefined) this.#open(this.#tag.slice(0, firstTag));
  }

  /** The stanza without what was in it, once it {@link ended}, and a parser that goes on behind it. */
  take(): { stanza: Element; tree: TreeBuilder } {
    const tree = this.#tree!;
    if (tree.finished === undefined) tree.write(`</${this.#name}>`);
    const stanza = tree.finished!;
    tree.finished = undefined;
    tree.limits = this.#limits;
    return { stanza, tree };
  }

  #open(tag: string): void {
    const limits = { ...this.#limits, attributes: MOST_ATTRIBUTES, bytes: Infinity };
    const tree = this.#tree = new TreeBuilder(limits, this.#header !== "");
    if (this.#header !== "") tree.write(this.#header);
    tree.opened = undefined;
    tree.write(tag);
    this.#tag = "";
    this.#name = /^<([^\s/>]+)/.exec(tag)![1]!;
  }
}

/** Whether this is of a limit, past which a stanza may be passed over. */
export function isOverLimit(error: unknown): error is StreamError {
  return error instanceof StreamError && error.condition === "policy-violation";
}

/**
 * The element of a document that passes a limit, without what is in it.
 * @throws StreamError `why`, or how it is wrong
 */
export function withoutContent(text: string, limits: ReaderLimits, why: StreamError): Element {
  const passed = new PassedOver("", limits, why);
  passed.read(text);
  if (!passed.ended) throw why;
  return passed.take().stanza;
}
