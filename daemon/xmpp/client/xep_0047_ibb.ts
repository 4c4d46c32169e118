import { SimppdError } from "../../base/mod.ts";
import { el, type Element, Jid, newId, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import { IbbStream, type IbbTerms } from "./ibb_stream.ts";

/** Section 2.1: `block-size` is an unsigned short. */
const MAX_BLOCK = 65_535;
const MIN_BLOCK = 1_024;
const MAX_SID = 128;
/** Open streams, and streams that are expected, each. */
const MAX_STREAMS = 32;

/** How a stream is opened. */
export interface IbbOptions {
  /** Name of the stream between these two; a random one when absent. */
  readonly sid?: string;
  /** Bytes wished for a block, 1024 to 65535; halved for as long as the peer finds it too much. */
  readonly blockSize?: number;
  /** What blocks travel in; iqs, which are acknowledged, when absent. */
  readonly stanza?: "iq" | "message";
  /** Blocks on their way without an acknowledgement, 1 to 16; 8 when absent. */
  readonly window?: number;
  /** Silence after which the stream is given up, milliseconds; 60,000 when absent. */
  readonly idleMs?: number;
}

/** A stream that a peer was asked to open. */
export interface Expected {
  /** The largest block that is taken; 65535 when absent. */
  readonly maxBlockSize?: number;
  /** How long the peer may take to open it; 20,000 when absent. */
  readonly timeoutMs?: number;
  readonly idleMs?: number;
  readonly window?: number;
  readonly signal?: AbortSignal;
}

interface Awaited {
  readonly options: Expected;
  readonly resolve: (stream: IbbStream) => void;
}

/**
 * In-Band Bytestreams (XEP-0047), both sides. A stream is taken only when it is expected: opened by
 * the very address and under the very name that were agreed on before, so that nobody can push bytes
 * at us.
 */
export class InBandBytestreams {
  readonly #client: XmppClient;
  readonly #streams = new Map<string, IbbStream>();
  readonly #awaited = new Map<string, Awaited>();

  /** Registers with `client`. */
  constructor(client: XmppClient) {
    this.#client = client;
    const { hooks } = client;
    hooks.feature(NS.ibb);
    hooks.iq("set", "open", NS.ibb, (iq) => this.#opened(iq));
    hooks.iq("set", "data", NS.ibb, async (iq) => {
      await this.#find(iq, "data").take(iq.getChild("data", NS.ibb)!, "iq");
      return undefined;
    });
    hooks.iq("set", "close", NS.ibb, (iq) => {
      this.#find(iq, "close").closedByPeer();
      return undefined;
    });
    hooks.message((message) => this.#message(message));
    hooks.online((_, signal) => {
      signal.addEventListener("abort", () => this.#lost(), { once: true });
    });
  }

  /** Streams that are open. */
  get open(): number {
    return this.#streams.size;
  }

  /**
   * Opens a stream to a full address.
   * @throws StanzaError such as `not-acceptable`; SimppdError `too-many-streams`, `timeout`,
   * `not-online`
   */
  async openTo(peer: Jid, options: IbbOptions = {}): Promise<IbbStream> {
    this.#makeRoom();
    const sid = options.sid ?? newId();
    const stanza = options.stanza ?? "iq";
    let blockSize = Math.min(MAX_BLOCK, Math.max(MIN_BLOCK, options.blockSize ?? 32_768));
    for (;;) {
      const wanted = { xmlns: NS.ibb, sid, stanza, "block-size": String(blockSize) };
      try {
        await this.#client.iq(el("iq", { type: "set" }, el("open", wanted)), { to: peer });
        return this.#begin(peer, { ...flow(options), sid, stanza, blockSize });
      } catch (error) {
        const tooLarge = error instanceof StanzaError && error.condition === "resource-constraint";
        if (!tooLarge || blockSize === MIN_BLOCK) throw error;
        blockSize = Math.max(MIN_BLOCK, blockSize >> 1);
      }
    }
  }

  /**
   * Waits for a peer to open the stream `sid`, which it was asked for.
   * @throws SimppdError `timeout`, `too-many-streams`; the reason of the signal
   */
  async expect(peer: Jid, sid: string, options: Expected = {}): Promise<IbbStream> {
    this.#makeRoom();
    const { signal, timeoutMs = 20_000 } = options;
    signal?.throwIfAborted();
    const key = keyOf(peer.toString(), sid);
    const { promise, resolve, reject } = Promise.withResolvers<IbbStream>();
    const late = setTimeout(() => {
      reject(new SimppdError("timeout", `${peer} did not open the stream.`));
    }, timeoutMs);
    const stop = () => reject(signal!.reason);
    signal?.addEventListener("abort", stop, { once: true });
    let waiting = true;
    this.#awaited.set(key, {
      options,
      resolve: (stream) => waiting ? resolve(stream) : stream.abort(),
    });
    try {
      return await promise;
    } finally {
      waiting = false;
      clearTimeout(late);
      signal?.removeEventListener("abort", stop);
      this.#awaited.delete(key);
    }
  }

  #makeRoom(): void {
    if (this.#streams.size + this.#awaited.size < MAX_STREAMS) return;
    throw new SimppdError("too-many-streams", `${MAX_STREAMS} in-band streams are open already.`);
  }

  #begin(peer: Jid, terms: IbbTerms): IbbStream {
    const key = keyOf(peer.toString(), terms.sid);
    const stream = new IbbStream(this.#client, peer, terms, () => this.#streams.delete(key));
    this.#streams.set(key, stream);
    return stream;
  }

  #opened(iq: Element): undefined {
    const { attrs } = iq.getChild("open", NS.ibb)!;
    const sid = attrs.sid ?? "";
    const blockSize = /^\d{1,5}$/.test(attrs["block-size"] ?? "") ? Number(attrs["block-size"]) : 0;
    const stanza = attrs.stanza ?? "iq";
    if (
      sid === "" || sid.length > MAX_SID || blockSize < 1 || blockSize > MAX_BLOCK ||
      (stanza !== "iq" && stanza !== "message")
    ) {
      throw new StanzaError("modify", "bad-request");
    }
    const from = iq.attrs.from!;
    const key = keyOf(from, sid);
    const awaited = this.#awaited.get(key);
    if (awaited === undefined || this.#streams.has(key)) {
      throw new StanzaError("cancel", "not-acceptable");
    }
    if (blockSize > (awaited.options.maxBlockSize ?? MAX_BLOCK)) {
      throw new StanzaError("modify", "resource-constraint");
    }
    this.#awaited.delete(key);
    const stream = this.#begin(Jid.parse(from), {
      ...flow(awaited.options),
      sid,
      stanza,
      blockSize,
    });
    // Nothing of ours may reach the peer before the answer to this.
    setTimeout(() => awaited.resolve(stream), 0);
    return undefined;
  }

  #find(stanza: Element, name: "data" | "close"): IbbStream {
    const sid = stanza.getChild(name, NS.ibb)!.attrs.sid ?? "";
    const stream = this.#streams.get(keyOf(stanza.attrs.from!, sid));
    if (stream === undefined) throw new StanzaError("cancel", "item-not-found");
    return stream;
  }

  /** Messages are not answered (RFC 6120 section 8.1): a stream they break is closed. */
  #message(message: Element): boolean {
    const data = message.getChild("data", NS.ibb);
    if (data === undefined) return false;
    const stream = this.#streams.get(keyOf(message.attrs.from!, data.attrs.sid ?? ""));
    if (message.attrs.type === "error") stream?.fail(StanzaError.fromElement(message));
    else stream?.take(data, "message").catch(() => {});
    return true;
  }

  #lost(): void {
    const error = new SimppdError("not-online", "The connection to the server ended.");
    for (const stream of [...this.#streams.values()]) stream.fail(error);
  }
}

function flow({ window = 8, idleMs = 60_000 }: { window?: number; idleMs?: number }) {
  return { window: Math.min(16, Math.max(1, window)), idleMs };
}

function keyOf(peer: string, sid: string): string {
  return `${peer}\n${sid}`;
}
