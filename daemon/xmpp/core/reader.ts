import type { Element } from "./element.ts";
import { StreamError } from "./errors.ts";
import { byteLength, type ReaderLimits } from "./limits.ts";
import { isOverLimit, PassedOver } from "./passed_over.ts";
import { TreeBuilder } from "./tree.ts";

/** Called in the order things stand in the stream, never while the parser is inside a token. */
export interface StreamHandler {
  /** Attributes of the stream header, `xmlns` and `xmlns:…` among them. */
  onOpen(attrs: Record<string, string>): void;
  onStanza(stanza: Element): void;
  /**
   * A stanza was past a limit, as `why` tells, and all that was in it is gone. Where this is absent,
   * and before limits with `passedOver` hold, that is an error which ends the stream.
   */
  onPassedOver?(stanza: Element, why: StreamError): void;
  /** `</stream:stream>` came. */
  onClose(): void;
}

const WHITESPACE = /^[ \t\r\n]*/;

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
  /** The parser stands in text, where a ">" ends nothing. */
  #inText = false;
  /** Bytes of the stanza that is being read. */
  #used = 0;
  #stopped = false;
  /** What the parser got of the stanza, or of the header before it, where one may be passed over. */
  #begun: string[] = [];
  #header = "";
  #passing: PassedOver | undefined;

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
    this.#inText = false;
    this.#used = 0;
    this.#begun = [];
  }

  /** Nothing more is read nor delivered, not even what already came. */
  stop(): void {
    this.#stopped = true;
  }

  #read(bytes: Uint8Array): void {
    const text = decode(this.#decoder, bytes);
    const ascii = text.length === bytes.length;
    // saxes reports a closing tag before it compares its name: only what came without an error up
    // to and including the ">" of a tag is delivered, hence the pieces.
    let at = 0;
    while (at < text.length && !this.#stopped) {
      if (this.#passing !== undefined) {
        at += this.#passOver(this.#passing, at === 0 ? text : text.slice(at), ascii);
        continue;
      }
      const begin = this.#inText ? text.indexOf("<", at) : at;
      const end = begin < 0 ? text.length : text.indexOf(">", begin) + 1 || text.length;
      this.#piece(text.slice(at, end), ascii);
      if (begin >= 0) this.#inText = this.#tree.tagEnded;
      at = end;
    }
  }

  #piece(raw: string, ascii: boolean): void {
    const tree = this.#tree;
    const piece = tree.between && !raw.startsWith("<") ? raw.replace(WHITESPACE, "") : raw;
    if (piece === "") return;
    const passes = this.#handler.onPassedOver !== undefined;
    if (passes) this.#begun.push(piece);
    try {
      this.#count(ascii ? piece.length : byteLength(piece), this.#limits.bytes);
      tree.write(piece);
    } catch (error) {
      if (!passes || this.#limits.passedOver === undefined || !isOverLimit(error)) throw error;
      this.#passing = new PassedOver(this.#header, this.#limits, error);
      this.#pass(this.#passing, this.#begun.splice(0).join(""));
      // Its bytes are counted already.
      if (this.#passing !== undefined) this.#count(0, this.#limits.passedOver);
      return;
    }
    if (passes && tree.opened !== undefined) this.#header = this.#begun.join("");
    if (tree.between) this.#begun = [];
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

  /** @throws StreamError `policy-violation` past `most` */
  #count(bytes: number, most: number): void {
    this.#used += bytes;
    if (this.#used <= most) return;
    throw new StreamError("policy-violation", `one stanza may have ${most} bytes at most`);
  }

  /** @returns how much of `text` belonged to what is passed over */
  #passOver(passing: PassedOver, text: string, ascii: boolean): number {
    const taken = this.#pass(passing, text);
    if (this.#passing === undefined) return taken;
    this.#count(ascii ? taken : byteLength(text), this.#limits.passedOver ?? this.#limits.bytes);
    return taken;
  }

  #pass(passing: PassedOver, text: string): number {
    const taken = passing.read(text);
    if (!passing.ended) return taken;
    const { stanza, tree } = passing.take();
    this.#tree = tree;
    this.#passing = undefined;
    this.#used = 0;
    this.#handler.onPassedOver!(stanza, passing.why);
    return taken;
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw new StreamError("not-well-formed", "these bytes are not UTF-8", cause);
  }
}
