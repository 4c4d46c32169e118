/** One sealed message, whatever is in it: its sender's device and what it is. */
export interface MessageName {
  /** 16 hex digits. */
  readonly device: string;
  /** First 16 bytes of the payload's SHA-256, 32 hex digits: nothing else can pass for it. */
  readonly hash: string;
}

/** Messages that somebody read here and this device did not get. */
export interface Gap {
  /** Device that named them. */
  readonly namedBy: string;
  /** Device that sent them. */
  readonly from: string;
  readonly count: number;
  /** Were they perhaps said while this device was not in the room? */
  readonly away: boolean;
}

/** What a message names at most, the newest of what was heard. */
export const MOST_NAMES = 16;
/** ms that a message which others have may come late, or after the archive gave something. */
const PATIENCE = 30_000;
/** ms after which it is told, though the archive goes on giving something. */
const LONGEST = 600_000;
const TOLD_EVERY = 60_000;
/** Names of what was proved here, and of what was not, that are remembered; the oldest go. */
const MOST_HEARD = 4_096;
/** Missing messages that are waited for, of all and of one who names them. */
const MOST_MISSING = 512;
const MOST_OF_ONE = 64;

interface Missing extends MessageName {
  readonly namedBy: string;
  readonly since: number;
  readonly away: boolean;
}

/**
 * What the room delivered, held against what members say it delivered to them. A room says
 * everything to everybody in one order: each message names the last ones that its sender heard, in
 * that order, so whatever it names after something that came here live had to come here too: by
 * itself, or, where this device was out of the room meanwhile, out of the archive. What was said
 * before this run entered first is never missed.
 */
export class Arrivals {
  /** What came live and was proved at once, by hash: in which stay. Nobody else can fill this. */
  readonly #proved = new Map<string, number>();
  /** What else came, whatever became of it, and what was told as missing. */
  readonly #others = new Set<string>();
  #names: MessageName[] = [];
  readonly #missing = new Map<string, Missing>();
  #stay = 0;
  /** When the archive gave something. */
  #recalledAt = -PATIENCE;
  #toldAt = -TOLD_EVERY;
  readonly #steady: () => number;

  /** @param steady ms of a clock that never goes back */
  constructor(steady: () => number) {
    this.#steady = steady;
  }

  /** A stay in the room begins: what is said from now on comes here. */
  enter(): void {
    this.#stay++;
  }

  /** Something came, whatever becomes of it. */
  came(hash: string, archived: boolean): void {
    if (archived) this.#recalledAt = this.#steady();
    this.#missing.delete(hash);
    if (!this.#proved.has(hash)) this.#note(hash);
  }

  /**
   * It came live and at once proved to be its sender's: what others heard after it comes here too.
   * @param kept is it one that archives keep? Only those are named: the others nobody misses
   */
  proved(name: MessageName, kept: boolean): void {
    if (this.#proved.has(name.hash)) return;
    this.#others.delete(name.hash);
    this.#proved.set(name.hash, this.#stay);
    const [oldest] = this.#proved.keys();
    if (this.#proved.size > MOST_HEARD) this.#proved.delete(oldest!);
    if (kept) this.#names = [...this.#names, name].slice(-MOST_NAMES);
  }

  /** The last that were heard, oldest first: what a message of ours names. */
  get names(): readonly MessageName[] {
    return this.#names;
  }

  /** A member's message names what they heard before it, oldest first. */
  named(namedBy: string, names: readonly MessageName[]): void {
    let theirs = [...this.#missing.values()].filter((each) => each.namedBy === namedBy).length;
    let anchor: number | undefined;
    for (const name of names) {
      const stay = this.#proved.get(name.hash);
      if (stay !== undefined) {
        anchor = Math.max(stay, anchor ?? stay);
        continue;
      }
      if (anchor === undefined || this.#others.has(name.hash)) continue;
      if (this.#missing.has(name.hash)) continue;
      if (theirs++ >= MOST_OF_ONE || this.#missing.size >= MOST_MISSING) return;
      const away = anchor !== this.#stay;
      this.#missing.set(name.hash, { ...name, namedBy, since: this.#steady(), away });
    }
  }

  /** What was waited for long enough; each is said once, and all together once a minute. */
  overdue(): Gap[] {
    const now = this.#steady();
    if (now - this.#toldAt < TOLD_EVERY) return [];
    const gaps = new Map<string, Gap>();
    for (const { hash, namedBy, device: from, since, away } of this.#missing.values()) {
      const fetches = now - this.#recalledAt < PATIENCE && now - since < LONGEST;
      if (fetches || now - since < PATIENCE) continue;
      this.#missing.delete(hash);
      this.#note(hash);
      const kind = `${namedBy} ${from} ${away}`;
      gaps.set(kind, { namedBy, from, away, count: (gaps.get(kind)?.count ?? 0) + 1 });
    }
    if (gaps.size > 0) this.#toldAt = now;
    return [...gaps.values()];
  }

  #note(hash: string): void {
    this.#others.add(hash);
    const [oldest] = this.#others;
    if (this.#others.size > MOST_HEARD) this.#others.delete(oldest!);
  }
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
  const said = gaps.map(({ namedBy, from, count, away }) => {
    const author = nameOf(from) ?? "somebody who left";
    const witness = from === namedBy ? "the room had taken" : `${nameOf(namedBy) ?? "others"} got`;
    const what = `${count} ${count === 1 ? "message" : "messages"} of ${author} that ${witness}`;
    return away
      ? `${what} did not come to this device, which was not in the room for a while, out of the ` +
        "room's archive either: whoever runs the room keeps something back, or no archive."
      : `${what} did not come to this device: whoever runs the room, or the way from it to you, ` +
        "keeps something back.";
  });
  const lines = [...new Set(said)];
  return lines.length <= MOST_LINES
    ? lines
    : [...lines.slice(0, MOST_LINES - 1), "More messages did not come to this device."];
}
