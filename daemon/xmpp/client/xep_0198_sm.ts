import { SimppdError } from "../../base/mod.ts";
import {
  el,
  type Element,
  NS,
  readSmCounter,
  smAdd,
  smDistance,
  StreamError,
} from "../core/mod.ts";
import type { Endpoint } from "./endpoints.ts";

/** Stanzas, and characters of them, that may wait for the server's acknowledgement. */
const MAX_UNACKNOWLEDGED = 1_000;
const MAX_CHARACTERS = 2_097_152;
/** So many stanzas may go unacknowledged before we ask. */
const ASK_EVERY = 10;
/** A stream can be resumed no longer than this after a cut, whatever the server says. */
const MAX_RESUME_MS = 3_600_000;
/** When the server does not say how long. */
const USUAL_RESUME_MS = 300_000;
const MAX_ID = 4_096;

/** What was sent and is not acknowledged; `size` in characters. */
interface Sent {
  readonly stanza: Element;
  readonly size: number;
}

/**
 * One stream under management (XEP-0198), over as many connections as it lasts: what was handled
 * and what was sent are counted, and what is sent is kept until the server says it has it. No I/O.
 * Counters run on here; on the wire they are taken modulo 2^32.
 */
export class StreamManagement {
  /** Names the stream when it is resumed; `undefined`: it cannot be. */
  readonly id: string | undefined;
  /** Where the server would like to be found then, as `host` and `port`. */
  readonly location: { readonly host: string; readonly port: number | undefined } | undefined;
  /** Milliseconds a cut may last. */
  readonly resumeMs: number;
  /** The server's counter was impossible: what it has is not known any more. */
  #broken = false;
  #handled: number;
  #sent: number;
  #acknowledged: number;
  #asked: number;
  #queue: Sent[] = [];
  #characters = 0;
  #waiters: { at: number; resolve: () => void; reject: (error: unknown) => void }[] = [];

  /**
   * @param enabled the server's `<enabled/>`; both counters start here
   * @param start of the counters; other than 0 in tests only
   */
  constructor(enabled: Element, start = 0) {
    const { id = "", resume, location, max } = enabled.attrs;
    const resumable = (resume === "true" || resume === "1") && id !== "" && id.length <= MAX_ID;
    this.id = resumable ? id : undefined;
    this.location = readLocation(location);
    const seconds = /^\d{1,9}$/.test(max ?? "") ? Number(max) : undefined;
    this.resumeMs = seconds === undefined
      ? USUAL_RESUME_MS
      : Math.min(seconds * 1000, MAX_RESUME_MS);
    this.#handled =
      this.#sent =
      this.#acknowledged =
      this.#asked =
        start;
  }

  /** The `<enable/>` to send after binding. */
  static enable(): Element {
    return el("enable", { xmlns: NS.streamManagement, resume: "true" });
  }

  /** Can the stream go on over another connection? */
  get resumable(): boolean {
    return this.id !== undefined && !this.#broken;
  }

  /** The `<resume/>` that goes on with this stream; `undefined` when it cannot be. */
  resume(): Element | undefined {
    if (!this.resumable) return undefined;
    return el("resume", { xmlns: NS.streamManagement, h: this.#h, previd: this.id });
  }

  /** The `<a/>` that says what we have handled. */
  answer(): Element {
    return el("a", { xmlns: NS.streamManagement, h: this.#h });
  }

  /** A stanza, of whatever kind, was handled: iq results count as much as messages. */
  handled(): void {
    this.#handled = smAdd(this.#handled, 1);
  }

  /** @throws SimppdError `send-queue-full` when the server acknowledges too little */
  checkRoom(): void {
    if (this.#queue.length < MAX_UNACKNOWLEDGED && this.#characters < MAX_CHARACTERS) return;
    throw new SimppdError(
      "send-queue-full",
      "The server takes no more for now: too much waits to be confirmed. Try again later.",
    );
  }

  /** Keeps what was sent, or will be once the stream is resumed. @param size in characters */
  sent(stanza: Element, size: number): void {
    this.#sent++;
    this.#queue.push({ stanza, size });
    this.#characters += size;
  }

  /** Is it time for an `<r/>`? */
  get shouldAsk(): boolean {
    return this.#sent - this.#asked >= ASK_EVERY;
  }

  /** The `<r/>` that asks for what was sent up to now; `undefined` when that was asked already. */
  ask(): Element | undefined {
    if (this.#asked === this.#sent) return undefined;
    this.#asked = this.#sent;
    return el("r", { xmlns: NS.streamManagement });
  }

  /** Does an `<r/>` wait for its answer? */
  get awaitsAnswer(): boolean {
    return this.#asked > this.#acknowledged;
  }

  /**
   * Takes the server's counter; what it covers is confirmed.
   * @throws StreamError `undefined-condition` when it acknowledges what was never sent, or takes back
   */
  acknowledged(h: string | undefined): void {
    const value = readSmCounter(h);
    const count = value === undefined ? Infinity : smDistance(smAdd(0, this.#acknowledged), value);
    if (count > this.#queue.length) {
      this.#broken = true;
      throw new StreamError(
        "undefined-condition",
        `the server confirms ${h?.slice(0, 12) ?? "nothing"}, ` +
          `${smAdd(0, this.#sent)} stanzas were sent`,
      );
    }
    for (const { size } of this.#queue.splice(0, count)) this.#characters -= size;
    this.#acknowledged += count;
    const done = this.#waiters.filter(({ at }) => at <= this.#acknowledged);
    this.#waiters = this.#waiters.filter(({ at }) => at > this.#acknowledged);
    for (const { resolve } of done) resolve();
  }

  /** Resolves when all that was sent up to now is confirmed; rejects when the stream ends before. */
  confirmed(): Promise<void> {
    const at = this.#sent;
    if (at <= this.#acknowledged) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ at, resolve, reject }));
  }

  /** What the server has not confirmed, oldest first. */
  get unacknowledged(): Element[] {
    return this.#queue.map(({ stanza }) => stanza);
  }

  /** The connection was cut: what was asked on it is answered no more. */
  cut(): void {
    this.#asked = this.#acknowledged;
  }

  /** The stream is over; gives back what was not confirmed. */
  end(error: unknown): Element[] {
    const left = this.unacknowledged;
    this.#queue = [];
    this.#characters = 0;
    for (const { reject } of this.#waiters.splice(0)) reject(error);
    return left;
  }

  get #h(): string {
    return String(this.#handled);
  }
}

/**
 * Where to resume first, when the server named a place (section 5): TLS begins as it did at the
 * endpoint that was used before.
 */
export function preferred(
  { location }: StreamManagement,
  last: Endpoint | undefined,
): Endpoint | undefined {
  if (location === undefined || last === undefined || last.tls === "websocket") return undefined;
  return { host: location.host, port: location.port ?? last.port, tls: last.tls };
}

function readLocation(text: string | undefined): StreamManagement["location"] {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9.-]{1,253}))(?::(\d{1,5}))?$/.exec(
    text ?? "",
  );
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (match === null || port === 0 || (port ?? 0) > 65_535) return undefined;
  return { host: match[1] ?? match[2]!, port };
}
