import { type Bytes, concat, logOf, publicError, Rate, steadyNow } from "../../base/mod.ts";
import type { BlockList } from "../block_list.ts";
import type { HeardInRoom, RoomNews, RoomPort } from "../room_port.ts";
import type { OnProgress, OutgoingFile } from "../ways.ts";
import { readLacks, readOver, writeOver, writePiece } from "./messages.ts";
import { GroupOffer, type Turn } from "./offer.ts";
import { Pace } from "./pace.ts";

/** What one occupant may ask in a second. */
const ASKS_PER_SECOND = 30;
/** How long a sending that could not go on waits. */
const PAUSE_MS = 500;
/** Refusals in a row after which the room is told nothing more. */
const MOST_REFUSALS = 30;

interface Offered {
  readonly file: OutgoingFile;
  readonly offer: GroupOffer;
  readonly onProgress: OnProgress;
}

/**
 * Files of ours on their way to one room, in turns, at one pace: LSIM's `filetransfer` messages. A
 * file costs the sender the same whether three listen or a thousand.
 */
export class GroupSending {
  readonly #port: RoomPort;
  readonly #offered = new Map<string, Offered>();
  readonly #pace = new Pace();
  readonly #rate = new Rate(ASKS_PER_SECOND, 1_000);
  /** Said and not back yet, by stanza id: to be said anew when it is refused. */
  readonly #flying = new Map<string, { id: string; turn: Turn }>();
  readonly #stopListening: () => void;
  #privately = true;
  #refusals = 0;
  #pumping: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(port: RoomPort) {
    this.#port = port;
    this.#stopListening = port.listen((news) => this.#take(news));
  }

  /** Tells the room this file, as soon as somebody asks for it. */
  offer(file: OutgoingFile, list: BlockList, onProgress: OnProgress): void {
    this.#offered.set(file.id, { file, offer: new GroupOffer(file.id, list), onProgress });
  }

  /** @returns are other files left? */
  withdraw(id: string): boolean {
    const offered = this.#offered.get(id);
    this.#offered.delete(id);
    if (offered?.offer.wanted) this.#say(() => this.#port.send(writeOver({ id })));
    this.#news();
    return this.#offered.size > 0;
  }

  /** Ends; nothing is left running when this resolves. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopListening();
    this.#news();
    await this.#pumping;
  }

  #take(news: RoomNews): void {
    if (news.kind === "heard") this.#heard(news);
    else if (news.kind === "left") { for (const { offer } of this.#all) offer.forget(news.nick); }
    else if (news.kind === "refused") this.#refused(news.id, news.error.condition);
    else if (news.kind === "inside" && !news.inside) {
      this.#pace.reset();
      this.#flying.clear();
    }
    this.#news();
  }

  #heard({ element, own, private: toUs, nick, id }: HeardInRoom): void {
    if (own && !toUs) {
      if (id === undefined) return;
      this.#flying.delete(id);
      this.#refusals = 0;
      return this.#pace.echoed(id);
    }
    if (!toUs || !this.#port.serves(nick) || !this.#rate.allows(nick, steadyNow())) return;
    const over = readOver(element);
    if (over !== undefined) return this.#offered.get(over.id)?.offer.forget(nick);
    const lacks = readLacks(element);
    if (lacks === undefined) return;
    const offered = this.#offered.get(lacks.id);
    // It may be another device's of ours, under the same nick.
    if (offered === undefined) return;
    const { size } = this.#port;
    offered.offer.takeLacks(nick, lacks, size, this.#pace.flying, steadyNow());
    this.#pumping ??= this.#pump().catch((error) => {
      logOf("files").error("sending to a room failed: {error}", { error });
    }).finally(() => this.#pumping = undefined);
  }

  #refused(id: string | undefined, condition: string): void {
    if (id === undefined) return;
    const flying = this.#flying.get(id);
    const ours = this.#pace.refused(id);
    if (flying === undefined) {
      // A room without private messages: those who lack something are told with all the others.
      if (ours && condition === "forbidden") this.#privately = false;
      return;
    }
    this.#flying.delete(id);
    if (++this.#refusals <= MOST_REFUSALS) {
      return this.#offered.get(flying.id)?.offer.giveBack(flying.turn);
    }
    logOf("files").warn("a room takes no files: {condition}", { condition });
    this.#offered.clear();
  }

  /** Says what there is to say, until there is nothing more. */
  async #pump(): Promise<void> {
    for (let at = 0; !this.#closed;) {
      const now = steadyNow();
      for (const { offer } of this.#all) offer.gather(this.#port.size, this.#privately, now);
      const all = this.#all.filter(({ offer }) => offer.queued || offer.gatherAt !== undefined);
      if (all.length === 0) return;
      if (!this.#port.inside) {
        await this.#pause(PAUSE_MS);
        continue;
      }
      const wait = this.#pace.wait(now);
      if (wait !== 0) {
        await this.#pause(wait ?? PAUSE_MS);
        continue;
      }
      const chosen = all[at++ % all.length]!;
      if (!await this.#turn(chosen, now) && at % all.length === 0) await this.#idle(all, now);
    }
  }

  /** @returns was something said? */
  async #turn({ file, offer, onProgress }: Offered, now: number): Promise<boolean> {
    const held = offer.held(now) > 0;
    const turn = offer.next(this.#pace.messageBytes, this.#port.size, held);
    if (turn === undefined) return false;
    const { to, block, count, seq, ask, within } = turn;
    let data: Bytes;
    try {
      data = block === undefined ? offer.list.bytes : await read(file, offer.list, block, count);
    } catch (error) {
      logOf("files").warn("a file cannot be read any more: {error}", { error });
      this.withdraw(file.id);
      return true;
    }
    const { id, stream } = offer;
    const content = writePiece({ id, stream, seq, block, data, ask, within });
    try {
      const stanza = this.#port.send(content, to);
      if (to !== undefined) this.#pace.whispered(stanza);
      else {
        this.#pace.sent(stanza, data.length);
        this.#flying.set(stanza, { id, turn });
        onProgress(offer.told);
      }
    } catch (error) {
      logOf("files").debug("not said for now: {error}", { error: publicError(error).message });
      offer.giveBack(turn);
      await this.#pause(PAUSE_MS);
    }
    return true;
  }

  /** Nothing may be said now: until somebody says something, or is not waited for any more. */
  async #idle(all: readonly Offered[], now: number): Promise<void> {
    const times = all.flatMap(({ offer }) => [
      offer.gatherAt === undefined ? [] : [offer.gatherAt - now],
      offer.queued ? [offer.held(now)] : [],
    ]).flat();
    await this.#pause(Math.max(1, Math.min(PAUSE_MS, ...times)));
  }

  get #all(): Offered[] {
    return [...this.#offered.values()];
  }

  #say(say: () => unknown): void {
    try {
      say();
    } catch (error) {
      logOf("files").debug("not said: {error}", { error: publicError(error).message });
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#news(), ms);
      this.#wake = () => {
        clearTimeout(late);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #news(): void {
    this.#wake?.();
  }
}

async function read(
  file: OutgoingFile,
  list: BlockList,
  block: number,
  count: number,
): Promise<Bytes> {
  let length = 0;
  for (let i = block; i < block + count; i++) length += list.lengthOf(i);
  const parts: Uint8Array[] = [];
  for await (const part of file.read(block * list.blockSize, length)) parts.push(part.slice());
  return concat(...parts);
}
