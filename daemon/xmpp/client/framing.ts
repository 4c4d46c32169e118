import { fromUtf8 } from "../../base/mod.ts";
import {
  type Element,
  escapeText,
  isOverLimit,
  NS,
  parseElement,
  type ReaderLimits,
  serialise,
  StreamError,
  type StreamHandler,
  StreamReader,
  withoutContent,
} from "../core/mod.ts";
import type { Transport } from "./transport.ts";

/** How the elements of a stream become bytes and back. */
export interface Framing {
  /** Opens the stream, or opens it anew; what is read next is to be a header. */
  open(domain: string, from: string | undefined): string;
  write(element: Element): string;
  /** Ends the stream. */
  readonly close: string;
  /** May several be written at once? */
  readonly together: boolean;
  /** @throws StreamError, and whatever the handler throws */
  read(bytes: Uint8Array): void;
  set limits(limits: ReaderLimits);
}

/** The framing of a transport. */
export function framingOf(
  kind: Transport["framing"],
  handler: StreamHandler,
  limits: ReaderLimits,
): Framing {
  return kind === "stream" ? new XmlStream(handler, limits) : new Messages(handler, limits);
}

/** The header a client opens a stream with (RFC 6120 section 4.2). */
export function streamHeader(domain: string, from?: string): string {
  return `<?xml version='1.0'?><stream:stream ${addresses(domain, from)} version='1.0' ` +
    `xml:lang='en' xmlns='${NS.client}' xmlns:stream='${NS.stream}'>`;
}

function addresses(domain: string, from: string | undefined): string {
  return (from === undefined ? "" : `from='${escapeText(from)}' `) + `to='${escapeText(domain)}'`;
}

/** One long document (RFC 6120 section 4). */
class XmlStream implements Framing {
  readonly close = "</stream:stream>";
  readonly together = true;
  readonly #handler: StreamHandler;
  #limits: ReaderLimits;
  #reader: StreamReader | undefined;

  constructor(handler: StreamHandler, limits: ReaderLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  open(domain: string, from: string | undefined): string {
    this.#reader = new StreamReader(this.#handler, this.#limits);
    return streamHeader(domain, from);
  }

  write(element: Element): string {
    return serialise(element);
  }

  read(bytes: Uint8Array): void {
    this.#reader?.write(bytes);
  }

  set limits(limits: ReaderLimits) {
    this.#limits = limits;
    this.#reader?.setLimits(limits);
  }
}

/** One document a message (RFC 7395 section 3). */
class Messages implements Framing {
  readonly close = `<close xmlns='${NS.framing}'/>`;
  readonly together = false;
  readonly #handler: StreamHandler;
  limits: ReaderLimits;
  #opened = false;

  constructor(handler: StreamHandler, limits: ReaderLimits) {
    this.#handler = handler;
    this.limits = limits;
  }

  open(domain: string, from: string | undefined): string {
    this.#opened = false;
    return `<open xmlns='${NS.framing}' ${addresses(domain, from)} version='1.0' xml:lang='en'/>`;
  }

  write(element: Element): string {
    // No header declares the namespace for all that follows.
    if (element.findNS() === undefined && !element.name.includes(":")) {
      element.attrs.xmlns = NS.client;
    }
    return serialise(element);
  }

  read(bytes: Uint8Array): void {
    const element = this.#element(textOf(bytes));
    if (element === undefined) return;
    if (element.is("close", NS.framing)) this.#handler.onClose();
    else if (element.is("open", NS.framing)) {
      if (this.#opened) throw new StreamError("bad-format", "a second <open/>");
      this.#opened = true;
      this.#handler.onOpen(Object.fromEntries(
        Object.entries(element.attrs).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value]]
        ),
      ));
    } else if (this.#opened) this.#handler.onStanza(element);
    else throw new StreamError("bad-format", `expected <open/>, not <${element.name}>`);
  }

  /** The element of a message; nothing where it was a stanza that is passed over. */
  #element(text: string): Element | undefined {
    try {
      return parseElement(text, this.limits);
    } catch (error) {
      const { onPassedOver } = this.#handler;
      const passes = this.#opened && this.limits.passedOver !== undefined;
      if (!passes || onPassedOver === undefined || !isOverLimit(error)) throw error;
      onPassedOver.call(this.#handler, withoutContent(text, this.limits, error), error);
      return undefined;
    }
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new StreamError("not-well-formed", "these bytes are not UTF-8", cause);
  }
}
