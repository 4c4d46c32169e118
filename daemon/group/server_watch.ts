import type { Incidents } from "./incidents.ts";
import type { Schedule } from "./pending_requests.ts";

/** ms without a proof that the key server is there, after which it is asked. */
const PROBE = 120_000;
/** ms without such a proof after which a person is told. */
const SILENCE = 180_000;
/** ms for which the key server answers, and is not heard in the room, after which likewise. */
const UNHEARD = 120_000;
const TICK = 15_000;

/** What a watch is made with. */
export interface ServerWatchOptions {
  /** ms of a clock that never goes back. */
  steady(): number;
  readonly schedule: Schedule;
  readonly incidents: Incidents;
  /** Are we in, and connected? Else silence is nobody's fault. */
  expects(): boolean;
  /** Are we in the room? There it says something every minute. */
  isPresent(): boolean;
  /** Asks the key server for a sign of life. */
  probe(): void;
  /** Called every 15 s, whatever happens. */
  sweep(): void;
}

/**
 * Is the key server heard from? Its statements in the room can be played again by who runs the
 * room; only its answers to our own questions count, and it is asked when there are none. Where it
 * answers again and again and none of its statements comes, the room keeps things from us.
 */
export class ServerWatch {
  readonly #o: ServerWatchOptions;
  #provedAt: number;
  #silent = false;
  /** When it answered first since it was heard in the room last. */
  #answeredAt: number | null = null;
  #isUnheard = false;
  #cancel: () => void = () => {};

  constructor(options: ServerWatchOptions) {
    this.#o = options;
    this.#provedAt = options.steady();
    this.#tick();
  }

  get silent(): boolean {
    return this.#silent;
  }

  /** The key server answered a question of ours. */
  proved(): void {
    this.#provedAt = this.#o.steady();
    this.#answeredAt ??= this.#provedAt;
    if (!this.#silent) return;
    this.#silent = false;
    this.#o.incidents.forget();
    this.#o.incidents.tell("heard-again", "The key server is heard from again.");
  }

  /** It was heard in the room; or we are there only now, or no more. */
  spoke(): void {
    this.#answeredAt = null;
    if (this.#isUnheard) this.#o.incidents.forget(["room-silent"]);
    this.#isUnheard = false;
  }

  /** Begins anew: what was before says nothing. */
  reset(): void {
    this.spoke();
    this.#provedAt = this.#o.steady();
    this.#silent = false;
  }

  close(): void {
    this.#cancel();
  }

  /** Two answers so far apart, and nothing in the room since before the first. */
  #listen(): void {
    const { incidents, isPresent } = this.#o;
    if (this.#isUnheard || this.#answeredAt === null || !isPresent()) return;
    if (this.#provedAt - this.#answeredAt < UNHEARD) return;
    this.#isUnheard = true;
    incidents.tell(
      "room-silent",
      "The key server answers, and nothing that it says in the group's room comes to this device: " +
        "whoever runs the room keeps it back, or did not let the key server in. Messages may be " +
        "kept back as well.",
    );
  }

  #tick(): void {
    const { schedule, steady, incidents, expects, probe, sweep } = this.#o;
    this.#cancel = schedule(TICK, () => {
      this.#tick();
      sweep();
      if (!expects()) return;
      this.#listen();
      const quiet = steady() - this.#provedAt;
      if (quiet >= PROBE) probe();
      if (quiet < SILENCE || this.#silent) return;
      this.#silent = true;
      incidents.tell(
        "silent",
        "The key server is silent for three minutes: it may be switched off, or what it says is " +
          "withheld. Changes of the group may not reach you.",
      );
    });
  }
}
