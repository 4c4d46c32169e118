import type { ProgressMeter } from "./progress.ts";

/** How long a place is held while others wait for one, in ms. */
export interface TurnTimes {
  /** By who holds several. */
  readonly several: number;
  /** By who holds one: it goes on when its turn comes again. */
  readonly one: number;
}

const TIMES: TurnTimes = { several: 5_000, one: 60_000 };

/** A transfer at work: what ends it, and how far it is. */
export interface AtWork {
  readonly stop: AbortController;
  readonly meter: ProgressMeter;
}

/** Whose turn it would be. */
export interface Turn {
  /** It goes out: it holds its place to the end, since the way out begins anew. */
  readonly out: boolean;
  /** Whose it is: each has their share. */
  readonly of: string;
  /** A person wants it; else it comes by itself. */
  readonly asked: boolean;
}

/** What {@link Turns} need to know. */
export interface TurnsOptions {
  /** How many may move each way at one time. */
  readonly most: () => number;
  /** Undefined when it is no more. */
  readonly turnOf: (id: string) => Turn | undefined;
  /** Figures of a transfer; undefined when it is no more. */
  readonly meter: (id: string) => ProgressMeter | undefined;
  /** Carries a transfer on; it does not reject. */
  readonly work: (id: string, at: AtWork) => Promise<void>;
  /** Is to stop a transfer that others wait for, and add it again; it does not reject. */
  readonly giveWay: (id: string) => Promise<void>;
  readonly times?: TurnTimes;
}

/**
 * Whose turn it is. So many transfers move each way at one time. What a person asked for goes first,
 * and a place is kept for it; then all whose files wait have a turn one after another. Where places
 * are short, who holds several gives one up soon, and who holds one after a while, to go on later:
 * nobody holds others up by being slow.
 */
export class Turns {
  readonly #o: TurnsOptions;
  readonly #lanes: { readonly in: Lane; readonly out: Lane };
  readonly #moving = new Map<string, AtWork & { readonly over: Promise<void> }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: TurnsOptions) {
    this.#o = options;
    const times = options.times ?? TIMES;
    this.#lanes = { in: new Lane(times), out: new Lane(times) };
  }

  /** These have their turn when it comes. */
  add(...ids: string[]): void {
    for (const id of ids) {
      const turn = this.#o.turnOf(id);
      if (turn !== undefined) this.#lanes[turn.out ? "out" : "in"].wait(id, turn);
    }
    this.#pump();
  }

  /** Begins at once, however many move; resolves when it is over. */
  async now(id: string, work: TurnsOptions["work"] = this.#o.work): Promise<void> {
    const meter = this.#o.meter(id);
    if (meter === undefined) return;
    const at: AtWork = { stop: new AbortController(), meter };
    const over = work(id, at);
    this.#moving.set(id, { ...at, over });
    await over;
    this.#moving.delete(id);
  }

  /** The one that moves under this id. */
  get(id: string): AtWork | undefined {
    return this.#moving.get(id);
  }

  /** All that move. */
  get moving(): ReadonlyMap<string, AtWork> {
    return this.#moving;
  }

  /** Ends one, wherever it stands; resolves when nothing of it runs. */
  async stop(id: string): Promise<void> {
    for (const lane of Object.values(this.#lanes)) lane.drop(id);
    const moving = this.#moving.get(id);
    moving?.stop.abort(new DOMException("stopped", "AbortError"));
    await moving?.over;
  }

  /** Ends all; nothing begins any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all([...this.#moving.keys()].map((id) => this.stop(id)));
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const most = this.#o.most();
    for (const lane of Object.values(this.#lanes)) {
      while (!this.#closed) {
        const id = lane.next(most, performance.now());
        if (id === undefined) break;
        void this.now(id).then(() => {
          lane.leave(id);
          this.#pump();
        });
      }
    }
    if (!this.#closed) this.#makeWay(most);
  }

  /** Has one that came to its time give way, or looks again when that is. */
  #makeWay(most: number): void {
    const lane = this.#lanes.in;
    const late = lane.late(most);
    if (late === undefined) return;
    const left = late.due - performance.now();
    if (left > 0) {
      this.#timer = setTimeout(() => this.#pump(), Math.ceil(left));
      return;
    }
    lane.leaving = late.id;
    void this.#o.giveWay(late.id).finally(() => {
      lane.leaving = undefined;
      this.#pump();
    });
  }
}

interface Queue {
  readonly asked: Set<string>;
  readonly byItself: Set<string>;
}

interface Moving {
  readonly of: string;
  readonly asked: boolean;
  readonly since: number;
}

/** Those that go one way. */
class Lane {
  /** One that is giving way now. */
  leaving: string | undefined;
  readonly #times: TurnTimes;
  /** By whose they are, who had a turn longest ago first. */
  readonly #queues = new Map<string, Queue>();
  /** Whose each of those that wait is. */
  readonly #waiting = new Map<string, string>();
  readonly #moving = new Map<string, Moving>();

  constructor(times: TurnTimes) {
    this.#times = times;
  }

  wait(id: string, { of, asked }: Turn): void {
    this.drop(id);
    const queue = this.#queues.get(of) ?? { asked: new Set(), byItself: new Set() };
    this.#queues.set(of, queue);
    queue[asked ? "asked" : "byItself"].add(id);
    this.#waiting.set(id, of);
  }

  drop(id: string): void {
    const of = this.#waiting.get(id);
    const queue = this.#queues.get(of ?? "");
    if (of === undefined || queue === undefined) return;
    this.#waiting.delete(id);
    queue.asked.delete(id);
    queue.byItself.delete(id);
    if (queue.asked.size === 0 && queue.byItself.size === 0) this.#queues.delete(of);
  }

  leave(id: string): void {
    this.#moving.delete(id);
  }

  /** Whose turn it is now: it moves from then on. */
  next(most: number, now: number): string | undefined {
    if (this.#moving.size >= most) return undefined;
    for (const asked of this.#isForAskedAlone(most) ? [true] : [true, false]) {
      const first = this.#first(asked);
      if (first === undefined) continue;
      const { id, of } = first;
      const queue = this.#queues.get(of)!;
      this.drop(id);
      // Its turn comes again after everybody else's.
      if (this.#queues.delete(of)) this.#queues.set(of, queue);
      this.#moving.set(id, { of, asked, since: now });
      return id;
    }
    return undefined;
  }

  /** Which one is to give way to those that wait, and when. */
  late(most: number): { readonly id: string; readonly due: number } | undefined {
    if (this.leaving !== undefined) return undefined;
    for (const asked of [true, false]) {
      const waits = this.#first(asked);
      if (waits === undefined) continue;
      const [first] = [...this.#moving].flatMap(([id, moving]) => {
        const ms = !asked && moving.asked && this.#isForAskedAlone(most)
          ? Infinity
          : this.#time(moving, waits.of, asked);
        return ms === Infinity ? [] : [{ id, asked: moving.asked, due: moving.since + ms }];
      }).sort((a, b) => Number(a.asked) - Number(b.asked) || a.due - b.due);
      if (first !== undefined) return first;
    }
    return undefined;
  }

  /** The last place is kept for what a person asks for. */
  #isForAskedAlone(most: number): boolean {
    const byItself = [...this.#moving.values()].filter(({ asked }) => !asked).length;
    return byItself >= Math.max(1, most - 1);
  }

  /** How long one may move while another waits. */
  #time(moving: Moving, of: string, asked: boolean): number {
    const { several, one } = this.#times;
    const held = this.#held(moving.of);
    if (asked && !moving.asked) return several;
    if (moving.of === of) return Infinity;
    if (moving.asked && !asked) return held > 1 ? one : Infinity;
    return held > this.#held(of) + 1 ? several : one;
  }

  #held(of: string): number {
    return [...this.#moving.values()].filter((moving) => moving.of === of).length;
  }

  /** The next one of who holds the fewest places. */
  #first(asked: boolean): { readonly id: string; readonly of: string } | undefined {
    let first: { id: string; of: string; held: number } | undefined;
    for (const [of, queue] of this.#queues) {
      const held = this.#held(of);
      if (first !== undefined && held >= first.held) continue;
      for (const id of queue[asked ? "asked" : "byItself"]) {
        // One that is stopped goes on once it has stopped.
        if (this.#moving.has(id)) continue;
        first = { id, of, held };
        break;
      }
    }
    return first;
  }
}
