import type { Socket } from "node:net";
import {
  el,
  type Element,
  type Jid,
  NS,
  type ReaderLimits,
  serialise,
  StreamError,
  StreamReader,
} from "../../core/mod.ts";
import { addressOf } from "../address.ts";
import type { Accepted } from "../accepted.ts";
import { checkHeader, streamHeader } from "./stream_header.ts";

/** A header, and one element without children: that is all there is before TLS. */
const LIMITS: ReaderLimits = { bytes: 2_000, depth: 2, attributes: 20, children: 1 };

/** How long a closing connection may take to be read empty. */
const LINGER_MS = 2_000;
/** What may come meanwhile. */
const LINGER_BYTES = 65_536;

/** What becomes of a {@link ClearStream}. */
export interface ClearStreamListener {
  /** TLS begins on `raw`: nothing was read of it, and nobody listens to it any more. */
  onProceed(raw: Socket): void;
  onClosed(): void;
}

/**
 * A connection that is not encrypted yet (RFC 6120 section 5): a stream header and `<starttls/>`, and
 * nothing else. All that was read in clear ends with this object: the encrypted stream has a reader
 * of its own. A byte behind `<starttls/>` ends the connection, for whoever put it there meant it to
 * be taken for the client's.
 */
export class ClearStream implements Accepted {
  readonly address: string;
  readonly clear = true;
  readonly proved = false;
  readonly account = undefined;
  readonly bound = false;

  readonly #raw: Socket;
  readonly #domain: Jid;
  readonly #listener: ClearStreamListener;
  readonly #until: number;
  readonly #reader: StreamReader;
  #headerSent = false;
  #dropped = 0;
  #state: "open" | "proceeding" | "over" = "open";
  readonly #onData = (bytes: Uint8Array) => this.#read(bytes);
  readonly #onClose = () => this.#closed();
  #linger: ReturnType<typeof setTimeout> | undefined;

  /** @param until when it must have asked for TLS, by the steady clock */
  constructor(domain: Jid, raw: Socket, until: number, listener: ClearStreamListener) {
    this.address = addressOf(raw.remoteAddress);
    this.#domain = domain;
    this.#raw = raw;
    this.#until = until;
    this.#listener = listener;
    this.#reader = new StreamReader({
      onOpen: (attrs) => this.#open(attrs),
      onStanza: (element) => this.#take(element),
      onClose: () => this.#end("</stream:stream>"),
    }, LIMITS);
    raw.on("error", () => raw.destroy());
    raw.on("close", this.#onClose);
    raw.on("end", () => raw.end());
    raw.on("data", this.#onData);
  }

  get silent(): boolean {
    return !this.#headerSent;
  }

  drop(): void {
    this.#raw.destroy();
    this.#closed();
  }

  fail(error: StreamError): void {
    const header = this.#headerSent ? "" : streamHeader(this.#domain);
    this.#end(`${header}${serialise(error.toElement())}</stream:stream>`);
  }

  sweep(now: number): void {
    if (now >= this.#until) this.drop();
  }

  #open(attrs: Record<string, string>): void {
    checkHeader(attrs, this.#domain);
    this.#headerSent = true;
    const starttls = el("starttls", { xmlns: NS.tls }, el("required"));
    const features = el("stream:features", { "xmlns:stream": NS.stream }, starttls);
    this.#raw.write(streamHeader(this.#domain) + serialise(features));
  }

  #take(element: Element): void {
    if (!element.is("starttls", NS.tls)) {
      throw new StreamError("policy-violation", "nothing goes before <starttls/>");
    }
    this.#state = "proceeding";
    this.#reader.stop();
  }

  #read(bytes: Uint8Array): void {
    if (this.#state !== "open") return this.#drop(bytes.length);
    try {
      // Byte by byte, there are few: so that what follows <starttls/> is seen to follow it.
      for (let i = 0; i < bytes.length && this.#state === "open"; i++) {
        this.#reader.write(bytes.subarray(i, i + 1));
        if ((this.#state as string) === "proceeding" && i + 1 < bytes.length) {
          throw new StreamError("policy-violation", "something was sent ahead of TLS");
        }
      }
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      return this.fail(error);
    }
    if ((this.#state as string) === "proceeding") this.#proceed();
  }

  #drop(bytes: number): void {
    this.#dropped += bytes;
    if (this.#dropped > LINGER_BYTES) this.#raw.destroy();
  }

  /** The order matters: paused and unheard first, so that no byte in clear is taken for decrypted. */
  #proceed(): void {
    const raw = this.#raw;
    raw.pause();
    raw.removeAllListeners("data");
    raw.removeAllListeners("end");
    raw.removeListener("close", this.#onClose);
    if (raw.readableLength > 0 || raw.destroyed) return this.drop();
    this.#state = "over";
    raw.write(serialise(el("proceed", { xmlns: NS.tls })));
    this.#listener.onProceed(raw);
  }

  #end(last: string): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#reader.stop();
    // What still comes is read and dropped: unread bytes would make the close a reset.
    this.#raw.end(last);
    this.#linger = setTimeout(() => this.#raw.destroy(), LINGER_MS);
  }

  #closed(): void {
    clearTimeout(this.#linger);
    this.#raw.removeListener("close", this.#onClose);
    this.#state = "over";
    this.#listener.onClosed();
  }
}
