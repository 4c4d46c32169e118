import { el, type Element, NS, smAdd, smDistance, StreamError } from "../../core/mod.ts";

/** How much of what is not acknowledged is kept (XEP-0198). */
export interface UnacknowledgedLimits {
  readonly stanzas: number;
  readonly bytes: number;
}

/**
 * Past this part of the limits the oldest stanza is given up, and with it the resumption: a client
 * that asks for much and acknowledges nothing costs no more memory, and is not cut off.
 */
const GIVEN_UP = 1.5;
/** Below this part of the limits what went elsewhere meanwhile may come. */
const ROOM = 0.5;

/** The client acknowledged more than it was sent (XEP-0198 section 6). */
class HandledCountTooHigh extends StreamError {
  readonly #counts: { h: string; "send-count": string };

  constructor(h: number, sent: number) {
    super("undefined-condition", `you acknowledged ${h} stanzas and were sent ${sent}`);
    this.#counts = { h: String(h), "send-count": String(sent) };
  }

  override toElement(): Element {
    const error = super.toElement();
    error.append(
      el("handled-count-too-high", { xmlns: NS.streamManagement, ...this.#counts }),
    );
    return error;
  }
}

/** The counters of one session (XEP-0198), and what a resumed stream must be sent again. */
export class StreamManagement {
  /** What a resumption must show; undefined when the client wanted none. */
  readonly id: string | undefined;
  /** How long the session waits for its client, in milliseconds. */
  readonly resumeMs: number;
  /** Stanzas taken from the client, modulo 2^32. */
  received = 0;
  /** Was an acknowledgement asked for that has not come? */
  requested = false;

  readonly #limits: UnacknowledgedLimits;
  #sent: number;
  #acknowledged: number;
  #unacknowledged = 0;
  #kept: string[] = [];
  #bytes = 0;
  #crowded = false;

  /** @param start value of both counters of what is sent; 0 outside of tests */
  constructor(
    limits: UnacknowledgedLimits,
    { id, resumeMs }: { id: string | undefined; resumeMs: number },
    start = 0,
  ) {
    this.#limits = limits;
    this.id = id;
    this.resumeMs = resumeMs;
    this.#sent = this.#acknowledged = start;
  }

  /** Stanzas that were sent and not acknowledged. */
  get unacknowledged(): number {
    return this.#unacknowledged;
  }

  /** So much waits that nothing of others should be added. */
  get full(): boolean {
    return this.#unacknowledged >= this.#limits.stanzas || this.#bytes >= this.#limits.bytes;
  }

  /** Can the session go on on another stream, with nothing lost? */
  get resumable(): boolean {
    return this.id !== undefined && this.#kept.length === this.#unacknowledged;
  }

  /** What a new stream must be sent again, in order. */
  get missing(): readonly string[] {
    return this.#kept;
  }

  /** A stanza was taken from the client. */
  took(): void {
    this.received = smAdd(this.received, 1);
  }

  /** A stanza was written to the client. */
  wrote(xml: string): void {
    this.#sent = smAdd(this.#sent, 1);
    this.#unacknowledged++;
    this.#kept.push(xml);
    this.#bytes += xml.length;
    if (this.full) this.#crowded = true;
    const { stanzas, bytes } = this.#limits;
    while (this.#kept.length > GIVEN_UP * stanzas || this.#bytes > GIVEN_UP * bytes) this.#drop();
  }

  /**
   * Takes an acknowledgement.
   * @returns how many stanzas are new in it
   * @throws StreamError `undefined-condition` when it counts what was never sent
   */
  acknowledge(h: number): number {
    const count = smDistance(this.#acknowledged, h);
    if (count > this.#unacknowledged) throw new HandledCountTooHigh(h, this.#sent);
    this.#acknowledged = h;
    this.#unacknowledged -= count;
    while (this.#kept.length > this.#unacknowledged) this.#drop();
    return count;
  }

  /** Was it full, and has room again? True once. */
  relieved(): boolean {
    const { stanzas, bytes } = this.#limits;
    const room = this.#unacknowledged <= ROOM * stanzas && this.#bytes <= ROOM * bytes;
    if (!this.#crowded || !room) return false;
    this.#crowded = false;
    return true;
  }

  #drop(): void {
    this.#bytes -= this.#kept.shift()!.length;
  }
}
