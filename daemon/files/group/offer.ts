import { newId } from "../../xmpp/core/mod.ts";
import type { BlockList } from "../block_list.ts";
import type { Lacks } from "./messages.ts";
import { readRanges } from "./ranges.ts";

/** Rooms up to this size are asked as a whole; of larger ones so many are, drawn by lot. */
export const ASKED = 8;
/** Said to all beyond what the slowest receiver, of those who tell, has heard. */
const WINDOW = 589_824;
/** How often they are asked. */
const ASK_EVERY = 196_608;
/** Said to one at its asking, before it says how far it is. */
const TO_ONE = 262_144;
/** One that is so far behind is waited for so long; hearing {@link ASK_EVERY} bytes gives it that anew. */
const PATIENCE_MS = 3_000;
/** Receivers that are remembered. */
const MOST_RECEIVERS = 5_000;
/** Bytes sent anew: at one receiver's asking four times the file and this, to all four times that. */
const SPARE = 1_048_576;
/** Stands for the list of blocks where block numbers stand. */
const LIST = -1;

interface Receiver {
  /** Bytes said to all when it came, or when it last had all of them. */
  base: number;
  /** Since when it has been so far behind that we wait for it. */
  behindSince: number | undefined;
  /** For how long we wait for it from then on, in ms. */
  patience: number;
  whole: boolean;
  /** Bytes sent anew because it lacked them. */
  repaired: number;
  /** What was said to it alone: block to number of the piece. */
  readonly toIt: Map<number, number>;
}

/** What is to be said next. */
export interface Turn {
  /** Nick; everybody when undefined. */
  readonly to: string | undefined;
  /** First block; undefined for the list of blocks. */
  readonly block: number | undefined;
  /** Blocks, one after another. */
  readonly count: number;
  readonly seq: number;
  readonly ask: number | undefined;
  readonly within: number | undefined;
}

/**
 * A file that a group is told: which blocks are to be said to all or to one, and how far who listens
 * is. What nobody was told yet goes to all, and so does what two lack; what one alone lacks goes to
 * that one. No socket and no clock: `GroupSending` has those.
 */
export class GroupOffer {
  readonly id: string;
  readonly list: BlockList;
  readonly stream: string = newId();
  #seq = 0;
  /** Bytes said to all so far, and when each piece was said. */
  #said = 0;
  readonly #saidAt: number[] = [];
  #sinceAsked = 0;
  /** Last piece that said a block to all; -1: never. */
  readonly #last: Int32Array;
  #listLast = -1;
  readonly #toAll = new Set<number>();
  readonly #toOne = new Map<string, Set<number>>();
  /** Blocks lacked, until it is known by how many: a nick, or everybody. */
  #lost = new Map<number, string | undefined>();
  #gatherAt: number | undefined;
  readonly #receivers = new Map<string, Receiver>();
  #told = 0;
  /** Bytes said anew to all. */
  #repaired = 0;

  constructor(id: string, list: BlockList) {
    this.id = id;
    this.list = list;
    this.#last = new Int32Array(list.count).fill(-1);
  }

  /** Bytes of the file that were said to all at least once. */
  get told(): number {
    return this.#told;
  }

  /** Does somebody known to us still want it? */
  get wanted(): boolean {
    return [...this.#receivers.values()].some(({ whole }) => !whole);
  }

  /** When `gather` has something to do. */
  get gatherAt(): number | undefined {
    return this.#gatherAt;
  }

  get queued(): boolean {
    return this.#toAll.size > 0 || this.#toOne.size > 0;
  }

  /**
   * A receiver says what it lacks.
   * @param size how many are in the room
   * @param flying is something that we said on its way to the room?
   * @returns was it well-formed, and within what one may ask for?
   */
  takeLacks(nick: string, lacks: Lacks, size: number, flying: boolean, now: number): boolean {
    const blocks = readRanges(lacks.ranges, this.list.count);
    if (blocks === undefined) return false;
    if (!this.#receivers.has(nick) && this.#receivers.size >= MOST_RECEIVERS) return false;
    const receiver = this.#receivers.get(nick) ?? this.#welcome(nick);
    // Of another run of ours it has heard nothing of this one.
    const heard = lacks.heard?.stream === this.stream ? lacks.heard.seq : undefined;
    this.#heardUpTo(receiver, heard === undefined ? this.#said : this.#saidAt[heard] ?? 0, now);
    receiver.whole = blocks.length === 0 && !lacks.list;
    if (receiver.whole) {
      this.#toOne.delete(nick);
      receiver.toIt.clear();
      this.#dropUnwanted();
      return true;
    }
    const running = this.#toAll.size > 0 || flying;
    if (lacks.list) this.#lack(nick, receiver, LIST, heard, running);
    for (const block of blocks) this.#lack(nick, receiver, block, heard, running);
    // What all lack goes at once, or every one of them would ask for it. What one lost others may
    // have lost too: they are waited for, longer in a large room.
    if (this.#lost.size > 0) {
      const fresh = this.#told === 0;
      this.#gatherAt ??= now + (fresh ? 10 : Math.min(500, 10 + 2 * size));
    }
    return true;
  }

  /** It wants the file no more, or is not in the room. */
  forget(nick: string): void {
    this.#receivers.delete(nick);
    this.#toOne.delete(nick);
    this.#dropUnwanted();
  }

  /** Decides to whom what was lacked is said. @param privately can one be told something alone? */
  gather(size: number, privately: boolean, now: number): void {
    if (this.#gatherAt === undefined || now < this.#gatherAt) return;
    this.#gatherAt = undefined;
    const most = 4 * this.list.sealedSize + SPARE;
    for (const [block, nick] of this.#lost) {
      const fresh = (block === LIST ? this.#listLast : this.#last[block]) === -1;
      const bytes = block === LIST ? this.list.bytes.length : this.list.lengthOf(block);
      if (fresh || nick === undefined || size <= 2 || !privately) {
        if (!fresh && (this.#repaired += bytes) > 4 * most) continue;
        this.#toAll.add(block);
        continue;
      }
      const queue = this.#toOne.get(nick) ?? new Set();
      const receiver = this.#receivers.get(nick);
      if (receiver === undefined || queue.size * this.list.blockSize >= TO_ONE) continue;
      if ((receiver.repaired += bytes) > most) continue;
      this.#toOne.set(nick, queue.add(block));
    }
    this.#lost = new Map();
  }

  /** Ms until somebody slow is not waited for any more; 0: nobody is waited for. */
  held(now: number): number {
    let longest = 0;
    for (const receiver of this.#receivers.values()) {
      if (receiver.whole || this.#said - receiver.base < WINDOW) continue;
      receiver.behindSince ??= now;
      longest = Math.max(longest, receiver.behindSince + receiver.patience - now);
    }
    return longest;
  }

  /** Takes the next out of what is queued. @param bytes that one message should carry */
  next(bytes: number, size: number, held: boolean): Turn | undefined {
    const run = Math.max(1, Math.floor(bytes / this.list.blockSize));
    if (this.#toAll.size > 0 && !held) return this.#nextToAll(run, size);
    for (const [nick, queue] of this.#toOne) {
      const { block, count } = takeRun(queue, run);
      const seq = this.#count(0);
      const receiver = this.#receivers.get(nick)!;
      for (let i = 0; i < count; i++) receiver.toIt.set(block + i, seq);
      if (queue.size === 0) this.#toOne.delete(nick);
      const ask = queue.size === 0 ? 1 : undefined;
      return { to: nick, block: numberOf(block), count, seq, ask, within: undefined };
    }
    return undefined;
  }

  /** It was not said after all. */
  giveBack({ to, block = LIST, count }: Turn): void {
    if (to !== undefined && !this.#receivers.has(to)) return;
    const queue = to === undefined ? this.#toAll : this.#toOne.get(to) ?? new Set();
    for (let i = 0; i < count; i++) queue.add(block + i);
    if (to !== undefined) this.#toOne.set(to, queue);
  }

  #nextToAll(run: number, size: number): Turn {
    const { block, count } = takeRun(this.#toAll, run);
    let bytes = this.list.bytes.length;
    if (block !== LIST) {
      bytes = 0;
      for (let i = block; i < block + count; i++) {
        bytes += this.list.lengthOf(i);
        if (this.#last[i] === -1) this.#told += this.list.lengthOf(i);
      }
    }
    const seq = this.#count(bytes);
    if (block === LIST) this.#listLast = seq;
    else this.#last.fill(seq, block, block + count);
    const last = this.#toAll.size === 0;
    this.#sinceAsked += bytes;
    const asks = last || this.#sinceAsked >= ASK_EVERY;
    if (asks) this.#sinceAsked = 0;
    const few = size <= ASKED + 1;
    return {
      to: undefined,
      block: numberOf(block),
      count,
      seq,
      ask: !asks ? undefined : few ? 1 : Number((ASKED / size).toFixed(6)),
      within: !last ? undefined : few ? 0 : Math.min(10_000, 5 * size),
    };
  }

  #welcome(nick: string): Receiver {
    const receiver: Receiver = {
      base: this.#said,
      behindSince: undefined,
      patience: PATIENCE_MS,
      whole: false,
      repaired: 0,
      toIt: new Map(),
    };
    this.#receivers.set(nick, receiver);
    return receiver;
  }

  /** Only what it heard since makes us wait for it again: to say that it lacks something does not. */
  #heardUpTo(receiver: Receiver, said: number, now: number): void {
    const { base, behindSince = now, patience } = receiver;
    receiver.base = Math.max(base, said);
    const regained = (receiver.base - base) / ASK_EVERY * PATIENCE_MS;
    receiver.patience = Math.min(
      PATIENCE_MS,
      Math.max(0, patience - (now - behindSince)) + regained,
    );
    receiver.behindSince = undefined;
  }

  #lack(
    nick: string,
    receiver: Receiver,
    block: number,
    heard: number | undefined,
    running: boolean,
  ): void {
    if (this.#toAll.has(block) || this.#toOne.get(nick)?.has(block)) return;
    const toAll = block === LIST ? this.#listLast : this.#last[block]!;
    if (toAll === -1) {
      this.#lost.set(block, undefined);
      return;
    }
    // Who heard nothing yet will hear something soon, and can say then what it really lacks.
    if (heard === undefined && running) return;
    if (Math.max(toAll, receiver.toIt.get(block) ?? -1) > (heard ?? Infinity)) return;
    const by = this.#lost.has(block) && this.#lost.get(block) !== nick ? undefined : nick;
    this.#lost.set(block, by);
  }

  /** Nobody is left whom it would be said for; who comes later asks. */
  #dropUnwanted(): void {
    if (this.wanted) return;
    this.#toAll.clear();
    this.#toOne.clear();
    this.#lost = new Map();
    this.#gatherAt = undefined;
  }

  #count(bytes: number): number {
    this.#said += bytes;
    this.#saidAt.push(this.#said);
    return this.#seq++;
  }
}

/** The lowest number and those that follow it without a gap, taken out; the list stands alone. */
function takeRun(queue: Set<number>, most: number): { block: number; count: number } {
  let block = Infinity;
  for (const each of queue) if (each < block) block = each;
  let count = 0;
  while (count < (block === LIST ? 1 : most) && queue.delete(block + count)) count++;
  return { block, count };
}

function numberOf(block: number): number | undefined {
  return block === LIST ? undefined : block;
}
