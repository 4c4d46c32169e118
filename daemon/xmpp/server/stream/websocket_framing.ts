import {
  escapeText,
  newId,
  NS,
  parseElement,
  type ReaderLimits,
  StreamError,
  type StreamHandler,
} from "../../core/mod.ts";
import type { Framing, FramingReader } from "./framing.ts";

/** One element a message, `<open/>` and `<close/>` around them (RFC 7395 section 3). */
export const webSocketFraming: Framing = {
  header: (domain) =>
    `<open xmlns="${NS.framing}" id="${newId()}" from="${escapeText(domain.domain)}" ` +
    `version="1.0" xml:lang="en"/>`,
  end: `<close xmlns="${NS.framing}"/>`,
  // A message is read whole.
  piece: Infinity,
  reader: (handler, limits) => new MessageReader(handler, limits),
};

/** Takes messages, each of which is one element. */
class MessageReader implements FramingReader {
  readonly #handler: StreamHandler;
  #limits: ReaderLimits;
  #opened = false;
  #stopped = false;

  constructor(handler: StreamHandler, limits: ReaderLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** @param bytes one whole message, UTF-8 */
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
  }

  restart(): void {
    this.#opened = false;
  }

  stop(): void {
    this.#stopped = true;
  }

  #read(bytes: Uint8Array): void {
    if (bytes.length > this.#limits.bytes) {
      throw new StreamError(
        "policy-violation",
        `one message may have ${this.#limits.bytes} bytes at most`,
      );
    }
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    // Section 3.3.3: the first character of each message is "<".
    if (!text.startsWith("<") || text.startsWith("<?")) {
      throw new StreamError("not-well-formed", "a message is one element and nothing else");
    }
    const element = parseElement(text, this.#limits);
    if (element.is("close", NS.framing)) {
      this.#stopped = true;
      return this.#handler.onClose();
    }
    if (element.is("open", NS.framing)) {
      this.#opened = true;
      // As the header of a stream over TCP would have it.
      return this.#handler.onOpen({ ...element.attrs, xmlns: NS.client } as Record<string, string>);
    }
    if (!this.#opened) throw new StreamError("invalid-namespace", "expected <open/>");
    this.#handler.onStanza(element);
  }
}

const ATTRIBUTE = `\\s+([^\\s=<>"'/]+)=(?:"[^"]*"|'[^']*')`;
const START = new RegExp(`^<(message|presence|iq)(?=[\\s/>])((?:${ATTRIBUTE})*)`);

/** A stanza as it stands by itself: over TCP its namespace is the stream's (section 3.3.3). */
export function standingAlone(xml: string): string {
  const [, name, attributes] = START.exec(xml) ?? [];
  if (name === undefined) return xml;
  for (const [, key] of attributes!.matchAll(new RegExp(ATTRIBUTE, "g"))) {
    if (key === "xmlns") return xml;
  }
  return `<${name} xmlns="${NS.client}"${xml.slice(name.length + 1)}`;
}
