import { type Bytes, logOf, publicError, SimppdError, steadyNow } from "../../base/mod.ts";
import { blockCount, BlockList, blockSizeOf } from "../block_list.ts";
import type { HeardInRoom, RoomNews, RoomPort } from "../room_port.ts";
import type { OnProgress } from "../ways.ts";
import { type Piece, pieceId, readOver, readPiece, writeLacks, writeOver } from "./messages.ts";
import { ASKED } from "./offer.ts";
import { writeRanges } from "./ranges.ts";

/** Blocks that came before those in front of them, in bytes. */
const MAX_PENDING = 16 * 1024 * 1024;
/** With more than this not yet taken by the sink we do not say that we have heard it. */
const MAX_UNTAKEN = 1_048_576;
const LONGEST_SILENCE_MS = 15_000;
/** Times we ask without an answer that helps. */
const MOST_ASKS = 8;

/** What is fetched, and from whom. */
export interface WantedOfGroup {
  readonly id: string;
  readonly sealedSize: number;
  readonly root: string;
  /** The sender's, when it was offered; the occupant id holds over other nicks (XEP-0421). */
  readonly nick: string;
  readonly occupantId: string | undefined;
}

/** How long a receiver waits; ms. */
export interface Patience {
  /** For something to be heard before it asks, doubled each time. */
  readonly silenceMs: number;
  /** For a sender who left, or for the room, to be back. */
  readonly awayMs: number;
}

export const PATIENCE: Patience = { silenceMs: 2_000, awayMs: 60_000 };

/** One file that is fetched out of what its sender says in a room. */
export class GroupReceiving {
  readonly #port: RoomPort;
  readonly #wanted: WantedOfGroup;
  readonly #sink: (bytes: Uint8Array) => Promise<void>;
  readonly #onProgress: OnProgress;
  readonly #patience: Patience;
  readonly #done = Promise.withResolvers<void>();
  readonly #size: number;
  readonly #have: Uint8Array;
  #missing: number;
  #list: BlockList | undefined;
  #pending = new Map<number, Bytes>();
  #pendingBytes = 0;
  /** Bytes the sink has. */
  #at: number;
  #giving = false;
  #given: Promise<void> = Promise.resolve();
  #over = false;
  #heard: { stream: string; seq: number } | undefined;
  /** Below the share that is asked we answer: one lot for the whole file, so that it is the same few. */
  readonly #lot: number;
  #told = false;
  #asks = 0;
  #bad = 0;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #report: ReturnType<typeof setTimeout> | undefined;
  #awaySince: number | undefined;

  constructor(
    port: RoomPort,
    wanted: WantedOfGroup,
    offset: number,
    sink: (bytes: Uint8Array) => Promise<void>,
    onProgress: OnProgress,
    { patience = PATIENCE, random = Math.random }: {
      patience?: Patience | undefined;
      random?: () => number;
    } = {},
  ) {
    this.#port = port;
    this.#wanted = wanted;
    this.#at = offset;
    this.#sink = sink;
    this.#onProgress = onProgress;
    this.#patience = patience;
    this.#lot = random();
    this.#size = blockSizeOf(wanted.sealedSize);
    this.#have = new Uint8Array(blockCount(wanted.sealedSize));
    const first = Math.floor(offset / this.#size);
    this.#have.fill(1, 0, first);
    this.#missing = this.#have.length - first;
  }

  /**
   * Resolves when the sink has all of it.
   * @throws SimppdError `timeout`, `sender-left`, `file-withdrawn`, `file-altered`; what the sink
   * throws; the reason of `signal`
   */
  async run(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#missing === 0) return;
    const stop = () => this.#done.reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const off = this.#port.listen((news) => this.#take(news));
    // In a large room somebody else asks first, or a few do.
    this.#listenFor(this.#few ? 0 : this.#lot * Math.min(5_000, 5 * this.#port.size));
    try {
      await this.#done.promise;
    } catch (error) {
      if (this.#told) this.#tell(() => writeOver({ id: this.#wanted.id }));
      throw error;
    } finally {
      this.#over = true;
      off();
      signal.removeEventListener("abort", stop);
      clearTimeout(this.#silence);
      clearTimeout(this.#report);
      // Nothing is given to the sink when this is over.
      await this.#given;
    }
  }

  #take(news: RoomNews): void {
    if (news.kind === "heard") return this.#hear(news);
    const back = news.kind === "inside" ? news.inside : news.kind === "came" &&
      news.nick === this.#sender;
    if (!back || this.#awaySince === undefined && news.kind === "came") return;
    // What was said meanwhile did not come: it is as if nothing had been heard.
    this.#heard = undefined;
    this.#listenFor(this.#few ? 50 : Math.random() * Math.min(5_000, 5 * this.#port.size));
  }

  #hear({ element, nick, occupantId }: HeardInRoom): void {
    const { id, nick: offeredBy, occupantId: offeredById } = this.#wanted;
    const fromSender = offeredById !== undefined && occupantId !== undefined
      ? occupantId === offeredById
      : nick === offeredBy;
    // Chunks of strangers cost no more than this.
    if (!fromSender) return;
    if (readOver(element)?.id === id) {
      const why =
        "Whoever sent this file does not offer it now: it was paused there, or taken back.";
      return this.#done.reject(new SimppdError("file-withdrawn", why));
    }
    if (pieceId(element) !== id) return;
    const piece = readPiece(element);
    if (piece === undefined) return this.#countBad();
    const same = this.#heard?.stream === piece.stream;
    const seq = same ? Math.max(this.#heard!.seq, piece.seq) : piece.seq;
    this.#heard = { stream: piece.stream, seq };
    this.#takePiece(piece);
  }

  #takePiece(piece: Piece): void {
    const before = this.#missing;
    const hadList = this.#list !== undefined;
    if (piece.block === undefined) this.#takeList(piece.data);
    else this.#takeBlocks(piece.block, piece.data);
    const helped = this.#missing < before || hadList !== (this.#list !== undefined);
    if (helped) {
      this.#asks = 0;
      // What we lack is being said: whether all of it is seen at the end.
      if (!this.#few) this.#cancelReport();
    }
    this.#flush();
    this.#listenFor(this.#patience.silenceMs);
    if (this.#missing === 0) {
      if (this.#told || this.#few || this.#lot < (piece.ask ?? 0)) this.#tellLacks();
    } else if (this.#lot < (piece.ask ?? 0)) this.#answer();
    else if (piece.within !== undefined) this.#answer(Math.random() * piece.within);
    else if (this.#list === undefined && piece.block !== undefined) this.#answer(200);
  }

  #takeList(data: Bytes): void {
    if (this.#list !== undefined) return;
    this.#list = BlockList.read(data, this.#wanted.sealedSize, this.#wanted.root);
    if (this.#list === undefined) this.#countBad();
  }

  /** Takes what is right and new of it; what stands behind the file's end is nothing. */
  #takeBlocks(first: number, data: Bytes): void {
    const list = this.#list;
    if (list === undefined) return;
    for (let at = 0, index = first; at < data.length; at += this.#size, index++) {
      if (index >= list.count) return this.#countBad();
      if (this.#have[index] === 1) continue;
      const block = data.subarray(at, at + list.lengthOf(index));
      if (!list.holds(index, block)) {
        this.#countBad();
        continue;
      }
      if (this.#pendingBytes + block.length > MAX_PENDING) continue;
      this.#pending.set(index, block);
      this.#pendingBytes += block.length;
      this.#have[index] = 1;
      this.#missing--;
    }
  }

  /** Forged or broken: it is asked for again, but not for ever. */
  #countBad(): void {
    if (++this.#bad <= 64 + 2 * this.#have.length) return;
    const why = "What comes in the room is not what the sender sealed; its server may alter it.";
    this.#done.reject(new SimppdError("file-altered", why));
  }

  #flush(): void {
    if (!this.#giving) this.#given = this.#give();
  }

  /** Gives the sink what follows on what it has. */
  async #give(): Promise<void> {
    this.#giving = true;
    try {
      while (!this.#over) {
        const index = Math.floor(this.#at / this.#size);
        const block = this.#pending.get(index);
        if (block === undefined) break;
        const fresh = block.subarray(this.#at - index * this.#size);
        await this.#sink(fresh);
        this.#pending.delete(index);
        this.#pendingBytes -= block.length;
        this.#at += fresh.length;
        this.#onProgress(this.#at);
      }
      if (this.#at >= this.#wanted.sealedSize) this.#done.resolve();
    } catch (error) {
      this.#done.reject(error);
    } finally {
      this.#giving = false;
    }
  }

  /** Says what we lack, after a while; once, however often it is called. */
  #answer(ms = 0): void {
    if (ms === 0 && this.#untaken <= MAX_UNTAKEN) return this.#tellLacks();
    this.#report ??= setTimeout(() => {
      this.#report = undefined;
      if (this.#untaken > MAX_UNTAKEN) this.#answer(50);
      else this.#tellLacks();
    }, ms);
  }

  #cancelReport(): void {
    clearTimeout(this.#report);
    this.#report = undefined;
  }

  /** Bytes that could be taken and are not: not those behind a gap. */
  get #untaken(): number {
    return this.#giving ? this.#pendingBytes : 0;
  }

  #tellLacks(): void {
    this.#cancelReport();
    const { id } = this.#wanted;
    const ranges = writeRanges(this.#lacking());
    const list = this.#list === undefined && this.#missing > 0;
    this.#told = this.#tell(() => writeLacks({ id, heard: this.#heard, list, ranges })) ||
      this.#told;
  }

  *#lacking(): Generator<number> {
    for (let i = 0; i < this.#have.length; i++) if (this.#have[i] === 0) yield i;
  }

  /** To the sender alone. @returns was it said? */
  #tell(content: () => ReturnType<typeof writeLacks>): boolean {
    const nick = this.#sender;
    if (nick === undefined || !this.#port.inside) return false;
    try {
      this.#port.send(content(), nick);
      return true;
    } catch (error) {
      logOf("files").debug("not said: {error}", { error: publicError(error).message });
      return false;
    }
  }

  get #sender(): string | undefined {
    return this.#port.find(this.#wanted.nick, this.#wanted.occupantId);
  }

  get #few(): boolean {
    return this.#port.size <= ASKED + 1;
  }

  /** After so long without a word of the file we ask for it. */
  #listenFor(ms: number): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#silent(), ms);
  }

  #silent(): void {
    if (this.#missing === 0) return;
    const { silenceMs, awayMs } = this.#patience;
    if (!this.#port.inside || this.#sender === undefined) {
      const now = steadyNow();
      this.#awaySince ??= now;
      if (now - this.#awaySince >= awayMs) {
        const why = this.#port.inside
          ? "Whoever sent this file left the room; it goes on when they are back."
          : "The room is not entered; the file goes on when it is.";
        return this.#done.reject(new SimppdError("sender-left", why));
      }
      return this.#listenFor(Math.min(silenceMs, awayMs));
    }
    this.#awaySince = undefined;
    // It comes, faster than the sink takes it.
    if (this.#untaken > MAX_UNTAKEN) return this.#listenFor(silenceMs);
    if (++this.#asks > MOST_ASKS) {
      const why = "Nothing comes of this file any more; it can be tried again.";
      return this.#done.reject(new SimppdError("timeout", why));
    }
    // What was said up to now and did not come is not on its way any more.
    this.#heard = undefined;
    this.#tellLacks();
    this.#listenFor(Math.min(LONGEST_SILENCE_MS, silenceMs * 2 ** (this.#asks - 1)));
  }
}
