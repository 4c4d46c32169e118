import { utf8 } from "../../daemon/base/mod.ts";
import { type Element, LIMITS_OF_SERVER, NS, StreamReader } from "../../daemon/xmpp/core/mod.ts";
import { DOMAIN } from "../../daemon/xmpp/server/testing.ts";

/** One end of a stream that says what it is told to, byte for byte, and judges what comes back. */
export class WirePeer {
  /** Conditions of the stream errors that came. */
  readonly errors: string[] = [];
  /** All that came, as bytes. */
  readonly heard: Uint8Array[] = [];
  readonly stanzas: Element[] = [];
  /** Set when the other side wrote what is no stream. */
  malformed: unknown;
  /** Did `</stream:stream>` come? */
  closed = false;
  /** Is the connection over? */
  over = false;
  /** Resolves when it is. */
  readonly ended: Promise<void>;
  readonly #conn: Deno.Conn;
  readonly #reader: StreamReader;
  #wake = Promise.withResolvers<void>();

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
    this.#reader = new StreamReader({
      onOpen: () => {},
      onStanza: (stanza) => this.#take(stanza),
      onClose: () => this.closed = true,
    }, LIMITS_OF_SERVER);
    this.ended = this.#pump();
  }

  /** Over TLS, as clients come. */
  static async secure(port: number, certificatePem: string): Promise<WirePeer> {
    const raw = await Deno.connect({ hostname: "127.0.0.1", port });
    raw.setNoDelay();
    const conn = await Deno.startTls(raw, { hostname: DOMAIN, caCerts: [certificatePem] });
    await conn.handshake();
    return new WirePeer(conn);
  }

  /** In clear, as for STARTTLS and components. */
  static async clear(port: number): Promise<WirePeer> {
    return new WirePeer(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** @returns false when the other side takes no more */
  async write(data: string | Uint8Array): Promise<boolean> {
    let bytes = typeof data === "string" ? utf8(data) : data;
    try {
      while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
      return true;
    } catch {
      return false;
    }
  }

  /** Waits until one stanza fits. @throws Error when the connection ends before, or after 5 s */
  async until(fits: (stanza: Element) => boolean): Promise<Element> {
    const deadline = Date.now() + 5_000;
    for (;;) {
      const found = this.stanzas.find(fits);
      if (found !== undefined) return found;
      if (this.over || Date.now() > deadline) throw new Error(`missing; came: ${this.stanzas}`);
      const timer = setTimeout(() => this.#wake.resolve(), 100);
      await this.#wake.promise;
      clearTimeout(timer);
      this.#wake = Promise.withResolvers();
    }
  }

  async close(): Promise<void> {
    this.#hangUp();
    await this.ended;
  }

  #take(stanza: Element): void {
    if (stanza.is("error", NS.stream)) {
      this.errors.push(stanza.getChildElements()[0]?.getName() ?? "none");
    }
    // After the older profile of SASL a new stream begins.
    if (stanza.is("success", NS.sasl)) this.#reader.restart();
    this.stanzas.push(stanza);
  }

  async #pump(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let n; (n = await this.#conn.read(buffer)) !== null;) {
        const bytes = buffer.slice(0, n);
        this.heard.push(bytes);
        try {
          this.#reader.write(bytes);
        } catch (error) {
          this.malformed = error;
        }
        this.#wake.resolve();
      }
    } catch {
      // A reset is an end as well.
    }
    this.over = true;
    this.#wake.resolve();
    this.#hangUp();
  }

  #hangUp(): void {
    try {
      this.#conn.close();
    } catch {
      // It is closed already.
    }
  }
}
