import { Backoff, type Bytes, logOf, SimppdError, sleep } from "../base/mod.ts";
import type { IbbStream, InBandBytestreams, XmppClient } from "../xmpp/client/mod.ts";
import { el, type Element, Jid, newId, NS, StanzaError } from "../xmpp/core/mod.ts";
import { BlockList, blockSizeOf, inBlocks, listLength } from "./block_list.ts";
import { type Place, Places } from "./places.ts";
import type { OnProgress, OutgoingFile, Source, WantedFile, Way } from "./ways.ts";

/** Streams that are served at one time, in all and to one contact. */
const SERVED = { most: 8, toOne: 2 };
/** Bytes of a stream's block: what we say otherwise waits behind eight of these. */
const STREAM_BLOCK = 16_384;
/** Tries in a row that bring nothing. */
const MOST_TRIES = 6;

interface Offered {
  readonly file: OutgoingFile;
  readonly list: BlockList;
  readonly onProgress: OnProgress;
  readonly withdrawn: AbortController;
}

/** What the way stands on. */
export interface IbbPorts {
  readonly client: XmppClient;
  readonly streams: InBandBytestreams;
  /** Whether they may learn from us that we are there: nobody else is written to. */
  mayMeet(contact: string): boolean;
  /** Full addresses under which a contact can be reached now. */
  devices(contact: string): readonly Jid[];
}

/**
 * To one contact within XMPP, by In-Band Bytestreams (XEP-0047): the receiver asks for the file from
 * an offset on, and the sender opens the stream that it was asked for. Where nothing better is there:
 * it goes through the server at the pace of its acknowledgements.
 */
export class IbbWay implements Way {
  readonly kind = "ibb";
  readonly #ports: IbbPorts;
  readonly #offered = new Map<string, Offered>();
  readonly #places = new Places(SERVED);
  readonly #firstWait: number;

  /** Registers with the client. @param firstWait ms before the first try anew; doubled each time */
  constructor(ports: IbbPorts, firstWait = 500) {
    this.#ports = ports;
    this.#firstWait = firstWait;
    ports.client.hooks.feature(NS.simppFiles);
    ports.client.hooks.iq("set", "fetch", NS.simppFiles, (iq) => this.#asked(iq));
  }

  usable(peer: string): boolean {
    return this.#ports.mayMeet(peer) && this.#ports.devices(peer).length > 0;
  }

  async offer(file: OutgoingFile, signal: AbortSignal, onProgress: OnProgress): Promise<Source> {
    const list = await BlockList.of(file, signal);
    this.withdraw(file.id);
    this.#offered.set(file.id, { file, list, onProgress, withdrawn: new AbortController() });
    const jid = this.#ports.client.jid.toString();
    return { kind: "ibb", params: { jid, root: list.root } };
  }

  withdraw(id: string): void {
    this.#offered.get(id)?.withdrawn.abort();
    this.#offered.delete(id);
  }

  async fetch(
    source: Source,
    file: WantedFile,
    offset: number,
    sink: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<void> {
    const coming = new Coming(rootOf(source), file, offset, sink, onProgress);
    const backoff = new Backoff(this.#firstWait, 15_000);
    for (let tries = 0; coming.at < file.sealedSize;) {
      const before = coming.at;
      try {
        await this.#attempt(source, coming, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (coming.sinkFailed) throw error;
        if (coming.at > before) {
          tries = 0;
          backoff.reset();
        }
        if (++tries >= MOST_TRIES || isFinal(error)) throw error;
        logOf("files").info("an in-band stream broke off at {at}: {error}", {
          at: coming.at,
          error,
        });
        await sleep(backoff.next(), signal);
      }
    }
  }

  /** One stream, from each address until one has the file. */
  async #attempt(source: Source, coming: Coming, signal: AbortSignal): Promise<void> {
    let refusal: unknown;
    for (const address of this.#addresses(source, coming.file)) {
      try {
        return await this.#receive(address, coming, signal);
      } catch (error) {
        if (!isElsewhere(error)) throw error;
        refusal = error;
      }
    }
    throw refusal;
  }

  /** Of the sender's own account alone: nobody else is asked on its word. */
  #addresses(source: Source, { from }: WantedFile): Jid[] {
    const bare = Jid.parse(from).bare();
    if (!this.#ports.mayMeet(bare.toString())) {
      throw new SimppdError("no-way", `${bare} is no contact: nothing is asked of them directly.`);
    }
    const named = Jid.tryParse(source.kind === "ibb" ? source.params.jid : undefined);
    const known = named?.bareEquals(bare) && named.resource !== "" ? [named] : [];
    const others = this.#ports.devices(bare.toString()).filter((jid) => !known[0]?.equals(jid));
    const all = [...known, ...others];
    if (all.length > 0) return all;
    throw new SimppdError("not-reachable", `${bare} cannot be reached now.`);
  }

  async #receive(address: Jid, coming: Coming, signal: AbortSignal): Promise<void> {
    const { client, streams } = this.#ports;
    const sid = newId();
    const refused = new AbortController();
    const opening = streams.expect(address, sid, {
      signal: AbortSignal.any([signal, refused.signal]),
    });
    // Looked at below; it may fail before.
    opening.catch(() => {});
    const request = el("fetch", {
      xmlns: NS.simppFiles,
      id: coming.file.id,
      offset: String(coming.at),
      sid,
      list: coming.list === undefined ? "1" : undefined,
    });
    try {
      await client.iq(el("iq", { type: "set" }, request), { to: address });
    } catch (error) {
      refused.abort(error);
      throw error;
    }
    const stream = await opening;
    const stop = () => stream.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      signal.throwIfAborted();
      await coming.take(stream);
    } catch (error) {
      stream.abort();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #asked(iq: Element): undefined {
    const { attrs } = iq.getChild("fetch", NS.simppFiles)!;
    const from = Jid.parse(iq.attrs.from!);
    const contact = from.bare().toString();
    const offered = this.#offered.get(attrs.id ?? "");
    // To others the file is not there at all.
    if (offered?.file.peer !== contact) throw new StanzaError("cancel", "item-not-found");
    const offset = /^\d{1,16}$/.test(attrs.offset ?? "") ? Number(attrs.offset) : NaN;
    if (!(offset < offered.file.sealedSize) || !attrs.sid || attrs.sid.length > 128) {
      throw new StanzaError("modify", "bad-request");
    }
    const place = this.#places.take(contact, `${from} ${attrs.id}`, performance.now());
    if (place === undefined) throw new StanzaError("wait", "resource-constraint");
    this.#serve(offered, place, from, attrs.sid, offset, attrs.list === "1").catch((error) => {
      logOf("files").info("a file was not served to its end: {error}", { error });
    }).finally(() => place.end());
    return undefined;
  }

  async #serve(
    { file, list, onProgress, withdrawn }: Offered,
    place: Place,
    to: Jid,
    sid: string,
    offset: number,
    withList: boolean,
  ): Promise<void> {
    const stream = await this.#ports.streams.openTo(to, { sid, blockSize: STREAM_BLOCK });
    const stop = () => stream.abort();
    const over = AbortSignal.any([withdrawn.signal, place.signal]);
    over.addEventListener("abort", stop, { once: true });
    let at = offset - offset % list.blockSize;
    try {
      over.throwIfAborted();
      if (withList) await stream.write(list.bytes);
      for await (const piece of file.read(at)) {
        // In steps, so that the progress is told as it goes.
        for (let from = 0; from < piece.length; from += STREAM_BLOCK) {
          const step = piece.subarray(from, from + STREAM_BLOCK);
          await stream.write(step);
          place.moved(step.length, performance.now());
          onProgress(at += step.length);
        }
      }
      await stream.close();
    } catch (error) {
      stream.abort();
      // Who has all of it may close first.
      if (at < file.sealedSize) throw error;
    } finally {
      if (at < file.sealedSize) onProgress(0);
      over.removeEventListener("abort", stop);
    }
  }
}

/** A file on its way here, over one stream after another. */
class Coming {
  /** Bytes the sink has. */
  at: number;
  list: BlockList | undefined;
  sinkFailed = false;

  constructor(
    readonly root: string,
    readonly file: WantedFile,
    offset: number,
    readonly sink: (bytes: Uint8Array) => Promise<void>,
    readonly onProgress: OnProgress,
  ) {
    this.at = offset;
  }

  /** Hands on what is right of it. @throws SimppdError `file-altered`, `stream-ended` */
  async take(stream: IbbStream): Promise<void> {
    const size = blockSizeOf(this.file.sealedSize);
    let index = Math.floor(this.at / size);
    for await (const block of inBlocks(this.#afterList(stream), size)) {
      if (this.list?.holds(index, block) !== true) throw altered();
      const fresh = block.subarray(this.at - index * size);
      await this.#give(fresh);
      index++;
      if (this.at === this.file.sealedSize) return stream.abort();
    }
    throw new SimppdError("stream-ended", "The sender ended the stream before the file's end.");
  }

  async #give(bytes: Bytes): Promise<void> {
    try {
      await this.sink(bytes);
    } catch (error) {
      this.sinkFailed = true;
      throw error;
    }
    this.at += bytes.length;
    this.onProgress(this.at);
  }

  async *#afterList(stream: IbbStream): AsyncGenerator<Bytes> {
    const length = listLength(this.file.sealedSize);
    const head = new Uint8Array(length);
    let have = this.list === undefined ? 0 : length;
    for await (const block of stream) {
      const part = block.subarray(0, length - have);
      head.set(part, have);
      have += part.length;
      if (have === length && this.list === undefined) {
        this.list = BlockList.read(head, this.file.sealedSize, this.root);
        if (this.list === undefined) throw altered();
      }
      if (part.length < block.length) yield block.subarray(part.length);
    }
  }
}

function altered(): SimppdError {
  return new SimppdError("file-altered", "What came is not what the sender sealed.");
}

function rootOf(source: Source): string {
  const root = source.kind === "ibb" ? source.params.root : undefined;
  if (root !== undefined) return root;
  throw new SimppdError("bad-source", "The sender's word on where the file lies is incomplete.");
}

/** Another device of the sender's may have it. */
function isElsewhere(error: unknown): boolean {
  return error instanceof StanzaError &&
    ["item-not-found", "service-unavailable", "recipient-unavailable"].includes(error.condition);
}

/** The sender has withdrawn it, or does not let us have it. */
function isFinal(error: unknown): boolean {
  return error instanceof StanzaError &&
    ["item-not-found", "forbidden", "bad-request"].includes(error.condition);
}
