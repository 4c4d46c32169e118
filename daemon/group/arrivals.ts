/** One sealed message, whatever is in it: its sender's device and that device's counter. */
export interface MessageName {
  /** 16 hex digits. */
  readonly device: string;
  readonly counter: number;
}

/** Messages that somebody read here and this device did not get. */
export interface Gap {
  /** Device that named them. */
  readonly namedBy: string;
  /** Device that sent them. */
  readonly from: string;
  readonly count: number;
}

/** What a message names at most, the newest of what was heard. */
export const MOST_NAMES = 16;
/** ms that a message which others have may come late. */
const PATIENCE = 30_000;
const TOLD_EVERY = 60_000;
/** Names of one stay in the room that are remembered; the oldest are forgotten. */
const MOST_HEARD = 4_096;
/** Missing messages that are waited for, of all and of one who names them. */
const MOST_MISSING = 512;
const MOST_OF_ONE = 64;

interface Missing extends MessageName {
  readonly namedBy: string;
  readonly since: number;
}

/**
 * What the room delivered, held against what members say it delivered to them. A room says
 * everything to everybody in one order: each message names the last ones that its sender heard, in
 * that order, so whatever it names after something that came here live had to come here too. What
 * was said before this device entered is never missed.
 */
export class Arrivals {
  /** What came in this stay in the room, in the order of coming; true: proved, and live. */
  readonly #heard = new Map<string, boolean>();
  #names: MessageName[] = [];
  readonly #missing = new Map<string, Missing>();
  #toldAt = -TOLD_EVERY;
  readonly #steady: () => number;

  /** @param steady ms of a clock that never goes back */
  constructor(steady: () => number) {
    this.#steady = steady;
  }

  /** A stay in the room begins: what is said from now on comes here. */
  enter(): void {
    this.#heard.clear();
    this.#names = [];
  }

  /** Something came, whatever becomes of it. */
  came(name: MessageName): void {
    const key = keyOf(name);
    this.#missing.delete(key);
    if (this.#heard.has(key)) return;
    this.#heard.set(key, false);
    const [oldest] = this.#heard.keys();
    if (this.#heard.size > MOST_HEARD) this.#heard.delete(oldest!);
  }

  /** It came live and at once proved to be its sender's: what others heard after it comes here too. */
  proved(name: MessageName): void {
    const key = keyOf(name);
    if (this.#heard.get(key) !== false) return;
    this.#heard.set(key, true);
    this.#names = [...this.#names, name].slice(-MOST_NAMES);
  }

  /** The last that were heard, oldest first: what a message of ours names. */
  get names(): readonly MessageName[] {
    return this.#names;
  }

  /** A member's message names what they heard before it, oldest first. */
  named(namedBy: string, names: readonly MessageName[]): void {
    const first = names.findIndex((name) => this.#heard.get(keyOf(name)) === true);
    if (first < 0) return;
    let theirs = [...this.#missing.values()].filter((each) => each.namedBy === namedBy).length;
    for (const name of names.slice(first + 1)) {
      const key = keyOf(name);
      if (this.#heard.has(key) || this.#missing.has(key)) continue;
      if (theirs++ >= MOST_OF_ONE || this.#missing.size >= MOST_MISSING) return;
      this.#missing.set(key, { ...name, namedBy, since: this.#steady() });
    }
  }

  /** What was waited for long enough; each is said once, and all together once a minute. */
  overdue(): Gap[] {
    if (this.#steady() - this.#toldAt < TOLD_EVERY) return [];
    const gaps = new Map<string, Gap>();
    for (const [key, { namedBy, device: from, since }] of this.#missing) {
      if (this.#steady() - since < PATIENCE) continue;
      this.#missing.delete(key);
      this.#heard.set(key, false);
      const pair = `${namedBy} ${from}`;
      gaps.set(pair, { namedBy, from, count: (gaps.get(pair)?.count ?? 0) + 1 });
    }
    if (gaps.size > 0) this.#toldAt = this.#steady();
    return [...gaps.values()];
  }
}

function keyOf({ device, counter }: MessageName): string {
  return `${device}/${counter}`;
}

/** Lines about gaps that one minute brings at most. */
const MOST_LINES = 8;

/**
 * Gaps as sentences.
 * @param nameOf bare JID of a device's person; undefined for who is no member any more
 */
export function gapSentences(
  gaps: readonly Gap[],
  nameOf: (device: string) => string | undefined,
): string[] {
  const said = gaps.map(({ namedBy, from, count }) => {
    const author = nameOf(from) ?? "somebody who left";
    const witness = from === namedBy ? "the room had taken" : `${nameOf(namedBy) ?? "others"} got`;
    return `${count} ${
      count === 1 ? "message" : "messages"
    } of ${author} that ${witness} did not ` +
      "come to this device: whoever runs the room, or the way from it to you, keeps something back.";
  });
  const lines = [...new Set(said)];
  return lines.length <= MOST_LINES
    ? lines
    : [...lines.slice(0, MOST_LINES - 1), "More messages did not come to this device."];
}
