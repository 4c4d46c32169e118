/** How many streams are served at one time. */
export interface PlacesLimits {
  readonly most: number;
  /** To one contact. */
  readonly toOne: number;
}

/** Over so long it is looked how fast a stream goes, in ms. */
const WINDOW_MS = 10_000;
/** Bytes a second below which a stream gives way to another contact's, once it was looked at. */
const LEAST_RATE = 8_192;

/** A stream that is served. */
export interface Place {
  /** Aborts when it gives way to another. */
  readonly signal: AbortSignal;
  /** Bytes went. @param now ms of a clock that never goes back */
  moved(bytes: number, now: number): void;
  /** It is over. */
  end(): void;
}

/**
 * Who is served. Where no place is free, who has the most of them gives the slowest of theirs to who
 * has fewer, and who hardly reads gives way to anybody: places cannot be sat on.
 */
export class Places {
  readonly #limits: PlacesLimits;
  readonly #taken = new Set<TakenPlace>();

  constructor(limits: PlacesLimits) {
    this.#limits = limits;
  }

  /**
   * A place for a stream to a contact; undefined when there is none.
   * @param stream names device and file: who asks for the same anew has left the one before
   * @param now ms of a clock that never goes back
   */
  take(contact: string, stream: string, now: number): Place | undefined {
    for (const place of this.#taken) {
      if (place.contact === contact && place.stream === stream) place.giveWay();
    }
    const theirs = this.#of(contact);
    if (theirs >= this.#limits.toOne) return undefined;
    if (this.#taken.size >= this.#limits.most) {
      const slowest = this.#whoGivesWay(contact, theirs, now);
      if (slowest === undefined) return undefined;
      slowest.giveWay();
    }
    const place = new TakenPlace(contact, stream, now, () => this.#taken.delete(place));
    this.#taken.add(place);
    return place;
  }

  #of(contact: string): number {
    return [...this.#taken].filter((place) => place.contact === contact).length;
  }

  #whoGivesWay(contact: string, theirs: number, now: number): TakenPlace | undefined {
    const slowestFirst = [...this.#taken].toSorted((a, b) => a.rate(now) - b.rate(now));
    const most = Math.max(...slowestFirst.map((place) => this.#of(place.contact)));
    if (most > theirs + 1) return slowestFirst.find((place) => this.#of(place.contact) === most);
    const [slowest] = slowestFirst;
    const sits = slowest !== undefined && slowest.contact !== contact &&
      slowest.age(now) >= WINDOW_MS && slowest.rate(now) < LEAST_RATE;
    return sits ? slowest : undefined;
  }
}

class TakenPlace implements Place {
  readonly contact: string;
  readonly stream: string;
  readonly #stop = new AbortController();
  readonly #begun: number;
  readonly #over: () => void;
  /** When this window and the one before began, and bytes since. */
  #since: [before: number, now: number];
  #bytes: [before: number, now: number] = [0, 0];

  constructor(contact: string, stream: string, now: number, over: () => void) {
    this.contact = contact;
    this.stream = stream;
    this.#begun = now;
    this.#since = [now, now];
    this.#over = over;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  moved(bytes: number, now: number): void {
    if (now - this.#since[1] >= WINDOW_MS) {
      this.#since = [this.#since[1], now];
      this.#bytes = [this.#bytes[1], 0];
    }
    this.#bytes[1] += bytes;
  }

  end(): void {
    this.#over();
  }

  giveWay(): void {
    this.#over();
    this.#stop.abort(new DOMException("another takes its place", "AbortError"));
  }

  age(now: number): number {
    return now - this.#begun;
  }

  /** Bytes a second over the last two windows; it has no rate yet when it has just begun. */
  rate(now: number): number {
    const elapsed = now - this.#since[0];
    return elapsed < 1 ? Infinity : (this.#bytes[0] + this.#bytes[1]) / elapsed * 1_000;
  }
}
