import { type Bytes, logOf, SimppdError, steadyNow } from "../../base/mod.ts";
import type { Candidate } from "../candidates.ts";
import { type Authentic, DatagramType } from "../datagram.ts";
import type { UdpEndpoint } from "../endpoint.ts";
import { UdpWay, type WayEnd } from "../udp_way.ts";
import type { StreamKeys } from "./keys.ts";
import { ReceivingSide } from "./receiving_side.ts";
import { SegmentSender } from "./segment_sender.ts";
import { decodeAcknowledgement } from "./segments.ts";
import { cut, type ReceivingStream, type SendingStream, STALL_MS, stalled } from "./stream.ts";

export interface UdpStreamOptions {
  endpoint: UdpEndpoint;
  /** 8 bytes, known to both sides. */
  id: Bytes;
  keys: StreamKeys;
  /** The peer's addresses. */
  remote: readonly Candidate[];
  /** How long a way to the peer is looked for. */
  pathTimeoutMs?: number;
  /** How long the peer may be silent. */
  silenceMs?: number;
  /** How long nothing may move. */
  stallMs?: number;
  /** A steady clock in ms. */
  now?: () => number;
}

/** Figures of a stream. */
export interface UdpStreamStats {
  /** Datagrams sent again. */
  resent: number;
  rttMs: number;
  /** Not the peer's: wrong MAC, wrong size. */
  strays: number;
  replays: number;
  malformed: number;
  /** Bytes kept for a reader. */
  held: number;
}

/**
 * A byte stream in one direction over UDP: the way is found and proven as a call's is, then segments
 * flow (docs/protocol.md "Direct streams"). One object for both ends; the keys say which it is.
 */
export class UdpStream implements SendingStream, ReceivingStream {
  readonly kind = "udp";
  /** Resolves when a way is open; rejects when the stream ends before. */
  readonly opened: Promise<void>;
  /** At the sender: resolves when the receiver wants the stream. Rejects when it ends before. */
  readonly wanted: Promise<void>;
  readonly #opening = Promise.withResolvers<void>();
  readonly #wanting = Promise.withResolvers<void>();
  readonly #options: UdpStreamOptions;
  readonly #now: () => number;
  readonly #way: UdpWay;
  readonly #sender: SegmentSender;
  readonly #receiver: ReceivingSide;
  readonly #waiters = new Set<() => void>();
  #ended: SimppdError | undefined;
  #early: Bytes | undefined;
  /** @throws SimppdError `bad-path-keys`, `call-exists`, `endpoint-closed` */
  constructor(options: UdpStreamOptions) {
    const { endpoint, keys, id } = options;
    this.#options = options;
    this.#now = options.now ?? steadyNow;
    this.opened = this.#opening.promise;
    this.wanted = this.#wanting.promise;
    // Whoever does not wait for them hears of the end elsewhere.
    this.opened.catch(() => {});
    this.wanted.catch(() => {});
    this.#way = new UdpWay({
      endpoint,
      id,
      keys: keys.path,
      remote: options.remote,
      localTag: keys.tags.local,
      expectedTag: keys.tags.expected,
      findWithinMs: options.pathTimeoutMs ?? 10_000,
      silenceMs: options.silenceMs ?? 10_000,
      now: this.#now,
      user: {
        handle: (authentic, now) => this.#handle(authentic, now),
        passed: (number, now) => this.#receiver.note(number, now),
        opened: () => this.#opened(),
        tick: (now) => this.#tick(now),
        keepAlive: () => this.#confirm(),
        ended: (reason) => this.#end(lostWay(reason)),
      },
    });
    this.#sender = new SegmentSender({
      writer: this.#way.writer,
      transmit: (datagram) => this.#way.send(datagram),
      backlog: () => endpoint.backlog,
      now: this.#now,
      changed: () => this.#wake(),
    });
    this.#receiver = new ReceivingSide({
      now: this.#now,
      acknowledge: (body) => this.#acknowledge(body),
    });
    this.#way.start();
  }

  stats(): UdpStreamStats {
    const { strays, replays, malformed } = this.#way.figures;
    return {
      resent: this.#sender.resent,
      rttMs: this.#sender.roundTrip.smoothedMs,
      strays,
      replays,
      malformed,
      held: this.#receiver.held,
    };
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    // A copy, which slice() of a Buffer is not: it is sent again until it came.
    this.#sender.write(new Uint8Array(bytes));
    while (!this.#sender.hasRoom) await this.#change();
  }

  async finish(): Promise<void> {
    this.#sender.finish();
    while (!this.#sender.done) await this.#change();
  }

  /** At the receiver: tells the sender to begin. */
  grant(): void {
    this.#receiver.grant();
  }

  async read(): Promise<Bytes | null> {
    this.grant();
    while (!this.#receiver.readable) {
      if (this.#receiver.complete) return null;
      await this.#change();
    }
    return this.#receiver.read();
  }

  close(): void {
    this.#end(cut("it was closed on this side"), { goodbye: true });
  }

  /** Resolves when something changed. @throws SimppdError when the stream has ended */
  #change(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      const wake = () => {
        this.#waiters.delete(wake);
        if (this.#ended === undefined || this.#sender.done || this.#receiver.complete) resolve();
        else reject(this.#ended);
      };
      this.#waiters.add(wake);
    });
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }

  #end(reason: SimppdError, { goodbye = false } = {}): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    // The last acknowledgement may be lost or overtaken: the goodbye says it once more.
    this.#way.close(goodbye ? Uint8Array.of(this.#receiver.complete ? 1 : 0) : undefined);
    this.#receiver.close();
    this.#sender.close();
    logOf("p2p").debug("stream ended: {reason}", { reason: reason.publicMessage });
    this.#opening.reject(reason);
    this.#wanting.reject(reason);
    this.#wake();
  }

  #tick(now: number): void {
    if (this.#isStalled(now)) this.#end(stalled(), { goodbye: true });
  }

  #isStalled(now: number): boolean {
    const { stallMs = STALL_MS } = this.#options;
    const since = this.#receiver.waitingSince;
    if (since !== undefined) return now - since >= stallMs;
    return this.#sender.wanted && this.#sender.busy && now - this.#sender.progressAt >= stallMs;
  }

  #handle(authentic: Authentic, now: number): void {
    switch (authentic.type) {
      case DatagramType.segment:
        return this.#onSegment(authentic, now);
      case DatagramType.acknowledgement:
        return this.#onAcknowledgement(authentic.body);
      case DatagramType.bye:
        if (this.#way.reader.open(authentic)[0] === 1) this.#sender.allCame();
        return this.#end(cut("the other side ended it"));
      default:
        throw new RangeError(`datagram of type ${authentic.type} on a stream`);
    }
  }

  #onSegment({ number, body }: Authentic, now: number): void {
    this.#receiver.take(number, body, now);
    if (this.#receiver.readable || this.#receiver.complete) this.#wake();
  }

  #acknowledge(body: Bytes): void {
    if (!this.#way.isOpen) return;
    this.#way.send(this.#way.writer.clear(DatagramType.acknowledgement, body));
  }

  #onAcknowledgement(body: Uint8Array): void {
    if (this.#options.keys.role !== "sender") return;
    if (!this.#way.isOpen) {
      // The receiver opened first: its credit counts as soon as there is a way to use it.
      this.#early = new Uint8Array(body);
      return;
    }
    const acknowledgement = decodeAcknowledgement(body);
    if (acknowledgement === undefined || !this.#sender.acknowledged(acknowledgement)) {
      throw new RangeError("an acknowledgement that cannot be");
    }
    if (this.#sender.wanted) this.#wanting.resolve();
  }

  #onEarly(body: Bytes): void {
    this.#early = undefined;
    try {
      this.#onAcknowledgement(body);
    } catch {
      this.#way.countMalformed();
    }
  }

  /** Says the credit again, which would else never be told when it got lost. */
  #confirm(): void {
    if (this.#receiver.granted) this.#receiver.confirm();
  }

  #opened(): void {
    this.#opening.resolve();
    this.#confirm();
    if (this.#early !== undefined) this.#onEarly(this.#early);
  }
}

function lostWay(reason: WayEnd): SimppdError {
  switch (reason) {
    case "no-path":
      return new SimppdError("no-path", "No direct way to the other device was found.");
    case "wrong-tag":
      return new SimppdError(
        "wrong-tag",
        "Somebody else than the other device answered the stream.",
      );
    case "lost":
      return cut("the other side fell silent");
    case "failed":
      return cut("the socket was closed");
  }
}
