import { type Bytes, fromBase64, SimppdError, toBase64 } from "../../base/mod.ts";
import { el, type Element, type Jid, newId, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

/** Blocks that came and were not read yet are acknowledged at once while they are less than this. */
const BUFFER_BYTES = 512 * 1024;
/** Acknowledgements held back because nobody reads; a peer that sends on all the same is cut off. */
const MAX_HELD_BACK = 16;
/** Unread bytes of a stream of messages, which nothing holds back, after which it is given up. */
const MAX_UNREAD = 4 * 1024 * 1024;
const SEQUENCE = 65_536;
/** Acknowledgements that come sooner let more blocks fly, later ones fewer. */
const SOON_MS = 500;
const LATE_MS = 2_000;

/** What both sides agreed on. */
export interface IbbTerms {
  readonly sid: string;
  /** Bytes of a block before base64, at most. */
  readonly blockSize: number;
  /** What blocks travel in. */
  readonly stanza: "iq" | "message";
  /** Blocks that may be on their way without an acknowledgement, where the peer is quick. */
  readonly window: number;
  /** Silence in both directions after which the stream is given up. */
  readonly idleMs: number;
}

/**
 * One In-Band Bytestream (XEP-0047) that is open: bytes in order both ways. Made by
 * `InBandBytestreams`. Write from one place at a time.
 */
export class IbbStream {
  readonly peer: Jid;
  readonly terms: IbbTerms;
  readonly #client: XmppClient;
  readonly #forget: () => void;
  #sent = 0;
  #expected = 0;
  /** Blocks sent and not acknowledged. */
  #flying = 0;
  /** How many may be, as the acknowledgements come. */
  #window = 2;
  #unread: Bytes[] = [];
  #unreadBytes = 0;
  #heldBack: (() => void)[] = [];
  /** Those who wait for something to change. */
  #waiting: (() => void)[] = [];
  #state: "open" | "closing" | "closed" = "open";
  #failure: Error | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** @param forget called once, when the stream is over */
  constructor(client: XmppClient, peer: Jid, terms: IbbTerms, forget: () => void) {
    this.#client = client;
    this.peer = peer;
    this.terms = terms;
    this.#forget = forget;
    this.#touch();
  }

  /**
   * Sends bytes, in blocks; resolves when the last was sent, not when it was acknowledged.
   * @throws StanzaError what the peer refused a block with; SimppdError `stream-closed`, `timeout`,
   * `not-online`
   */
  async write(bytes: Uint8Array): Promise<void> {
    const { blockSize } = this.terms;
    for (let at = 0; at < bytes.length; at += blockSize) {
      while (this.#flying >= this.#window && this.#state === "open") await this.#change();
      this.#check();
      this.#send(bytes.subarray(at, at + blockSize));
    }
  }

  /** Bytes as they come, a block each; `null` when the peer has closed. @throws why it failed */
  async read(): Promise<Bytes | null> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const block = this.#unread.shift();
      if (block !== undefined) {
        this.#unreadBytes -= block.length;
        if (this.#unreadBytes < BUFFER_BYTES) this.#heldBack.shift()?.();
        return block;
      }
      if (this.#state === "closed") return null;
      await this.#change();
    }
  }

  /** All blocks until the peer closes. @throws as {@link read} */
  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes> {
    for (let block; (block = await this.read()) !== null;) yield block;
  }

  /**
   * Waits until all that was written is acknowledged, and closes both directions.
   * @throws as {@link write}
   */
  async close(): Promise<void> {
    // The answer to the close says enough of messages: it comes after them.
    while (this.terms.stanza === "iq" && this.#flying > 0 && this.#state === "open") {
      await this.#change();
    }
    this.#check();
    this.#state = "closing";
    await this.#sayClosed();
    this.#end();
  }

  /** Gives the stream up; the peer is told. */
  abort(error: Error = closedError("It was given up on our side.")): void {
    if (this.#state === "closed") return;
    void this.#sayClosed().catch(() => {});
    this.fail(error);
  }

  /** The stream is over because of `error`: called by `InBandBytestreams`. */
  fail(error: Error): void {
    if (this.#state === "closed") return;
    this.#failure = error;
    this.#unread = [];
    this.#unreadBytes = 0;
    this.#end();
  }

  /** The peer closed: what came before it can still be read. Called by `InBandBytestreams`. */
  closedByPeer(): void {
    this.#end();
  }

  /**
   * A block came: called by `InBandBytestreams`. Resolves when it may be acknowledged.
   * @throws StanzaError as XEP-0047 section 2.2 has it; the stream is over then
   */
  async take(data: Element, stanza: "iq" | "message"): Promise<void> {
    const bytes = this.#readBlock(data, stanza);
    this.#expected = (this.#expected + 1) % SEQUENCE;
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.length;
    this.#touch();
    this.#changed();
    if (this.#unreadBytes <= BUFFER_BYTES) return;
    if (stanza === "message") {
      if (this.#unreadBytes > MAX_UNREAD) this.#refuse("resource-constraint", "too much at once");
      return;
    }
    if (this.#heldBack.length >= MAX_HELD_BACK) {
      this.#refuse("resource-constraint", "too much at once");
    }
    await new Promise<void>((resolve) => this.#heldBack.push(resolve));
  }

  #readBlock(data: Element, stanza: "iq" | "message"): Bytes {
    if (stanza !== this.terms.stanza) this.#refuse("unexpected-request", `not in an ${stanza}`);
    if (data.attrs.seq !== String(this.#expected)) {
      this.#refuse("unexpected-request", `expected block ${this.#expected}`);
    }
    const text = data.getText();
    // Not even decoded when it cannot fit.
    if (text.length > Math.ceil(this.terms.blockSize / 3) * 4) {
      this.#refuse("bad-request", "larger than the block size");
    }
    let bytes: Bytes;
    try {
      bytes = fromBase64(text);
    } catch {
      this.#refuse("bad-request", "no base64");
    }
    if (bytes.length > this.terms.blockSize) {
      this.#refuse("bad-request", "larger than the block size");
    }
    return bytes;
  }

  #refuse(
    condition: "bad-request" | "unexpected-request" | "resource-constraint",
    why: string,
  ): never {
    const error = new StanzaError("cancel", condition, why);
    this.abort(new SimppdError("bad-stream", `${this.peer} broke the stream: ${why}.`, error));
    throw error;
  }

  #send(block: Uint8Array): void {
    const seq = this.#sent;
    this.#sent = (this.#sent + 1) % SEQUENCE;
    const { sid, stanza, idleMs: timeoutMs } = this.terms;
    const data = el("data", { xmlns: NS.ibb, sid, seq: String(seq) }, toBase64(block));
    const at = performance.now();
    this.#touch();
    this.#flying++;
    if (stanza === "iq") {
      const iq = el("iq", { type: "set" }, data);
      return this.#settle(this.#client.iq(iq, { to: this.peer, timeoutMs }), 1, at);
    }
    this.#client.send(el("message", { to: this.peer.toString(), id: newId() }, data));
    // Messages are not answered: the server's word that it has them keeps the pace.
    if (this.#flying < this.#window) return;
    this.#settle(this.#client.confirm({ timeoutMs }), this.#flying, at);
  }

  #settle(acknowledged: Promise<unknown>, blocks: number, at: number): void {
    acknowledged.then(() => {
      this.#flying -= blocks;
      const took = performance.now() - at;
      if (took > LATE_MS) this.#window = Math.max(1, this.#window >> 1);
      else if (took < SOON_MS) this.#window = Math.min(this.terms.window, this.#window + 1);
      this.#touch();
      this.#changed();
    }, (error) => error instanceof StanzaError ? this.fail(error) : this.abort(error));
  }

  async #sayClosed(): Promise<void> {
    const { sid } = this.terms;
    const iq = el("iq", { type: "set" }, el("close", { xmlns: NS.ibb, sid }));
    try {
      await this.#client.iq(iq, { to: this.peer });
    } catch (error) {
      // The peer closed in the same moment, and knows the stream no more.
      if (!(error instanceof StanzaError)) throw error;
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#state !== "open") throw closedError("The other side closed it.");
  }

  #touch(): void {
    clearTimeout(this.#idle);
    if (this.#state === "closed") return;
    this.#idle = setTimeout(() => {
      // What came waits for us, not for the peer.
      if (this.#unread.length > 0) return this.#touch();
      this.abort(new SimppdError("timeout", `Nothing came from ${this.peer} for too long.`));
    }, this.terms.idleMs);
  }

  #end(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#idle);
    for (const release of this.#heldBack.splice(0)) release();
    this.#forget();
    this.#changed();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

function closedError(why: string): SimppdError {
  return new SimppdError("stream-closed", `The in-band stream is closed. ${why}`);
}
