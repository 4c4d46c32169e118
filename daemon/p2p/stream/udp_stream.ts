import { type Bytes, logOf, SimppdError, steadyNow } from "../../base/mod.ts";
import { type Candidate, parseCandidates } from "../candidates.ts";
import { Connectivity, type Way } from "../connectivity.ts";
import { type Authentic, DatagramReader, DatagramType, DatagramWriter } from "../datagram.ts";
import type { UdpEndpoint } from "../endpoint.ts";
import { pathDirections, selectorOf } from "../keys.ts";
import type { StreamKeys } from "./keys.ts";
import { ReceivingSide } from "./receiving_side.ts";
import { SegmentSender } from "./segment_sender.ts";
import { decodeAcknowledgement } from "./segments.ts";
import { cut, type ReceivingStream, type SendingStream, STALL_MS, stalled } from "./stream.ts";

const PROBE_EVERY = 100;
/** After this long without a way, probes come at a third of the pace, ms. */
const PROBE_EAGERLY = 2_000;
/** How long the answers of other addresses are waited for once one has answered, ms. */
const CHOICE = 30;
const TICK = 250;
const PING_EVERY = 1_000;
const BYE_COPIES = 3;
/** How long after its opening a relayed path goes on looking for one without a relay, ms. */
const UPGRADE_WITHIN = 30_000;

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
  readonly #writer: DatagramWriter;
  readonly #reader: DatagramReader;
  readonly #connectivity: Connectivity;
  readonly #sender: SegmentSender;
  readonly #receiver: ReceivingSide;
  readonly #detach: () => void;
  readonly #startedAt: number;
  readonly #waiters = new Set<() => void>();
  #open = false;
  #ended: SimppdError | undefined;
  #tickTimer: ReturnType<typeof setTimeout> | undefined;
  #choiceTimer: ReturnType<typeof setTimeout> | undefined;
  #validAt: number;
  #pingedAt = -Infinity;
  #openedAt = Infinity;
  #early: Bytes | undefined;
  #strays = 0;
  #replays = 0;
  #malformed = 0;

  /** @throws SimppdError `bad-path-keys`, `call-exists`, `endpoint-closed` */
  constructor(options: UdpStreamOptions) {
    const { endpoint, keys, id } = options;
    const directions = pathDirections(keys.path, id);
    const selector = selectorOf(id);
    this.#options = options;
    this.#now = options.now ?? steadyNow;
    this.opened = this.#opening.promise;
    this.wanted = this.#wanting.promise;
    // Whoever does not wait for them hears of the end elsewhere.
    this.opened.catch(() => {});
    this.wanted.catch(() => {});
    this.#writer = new DatagramWriter(directions.send, selector);
    this.#reader = new DatagramReader(directions.receive, selector);
    this.#connectivity = new Connectivity({
      writer: this.#writer,
      reader: this.#reader,
      candidates: parseCandidates(options.remote),
      ways: (host) => endpoint.ways(host),
      localTag: keys.tags.local,
      expectedTag: keys.tags.expected,
      transmit: (datagram, to) => this.#transmit(datagram, to),
      now: this.#now,
    });
    this.#sender = new SegmentSender({
      writer: this.#writer,
      transmit: (datagram) => this.#transmit(datagram, this.#connectivity.routes.selected),
      backlog: () => endpoint.backlog,
      now: this.#now,
      changed: () => this.#wake(),
    });
    this.#receiver = new ReceivingSide({
      now: this.#now,
      acknowledge: (body) => this.#acknowledge(body),
    });
    this.#startedAt = this.#validAt = this.#now();
    this.#detach = endpoint.attach(selector, {
      receive: (datagram, host, port, via) => this.#receive(datagram, { host, port, via }),
      lost: () => this.#end(cut("the socket was closed")),
    });
    this.#tick();
  }

  stats(): UdpStreamStats {
    return {
      resent: this.#sender.resent,
      rttMs: this.#sender.roundTrip.smoothedMs,
      strays: this.#strays,
      replays: this.#replays,
      malformed: this.#malformed,
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
    if (goodbye) {
      const { selected, all } = this.#connectivity.routes;
      // The last acknowledgement may be lost or overtaken: the goodbye says it once more.
      const last = Uint8Array.of(this.#receiver.complete ? 1 : 0);
      for (const route of selected === undefined ? all : [selected]) {
        // Copies, because nobody acknowledges them.
        for (let i = 0; i < BYE_COPIES; i++) {
          this.#transmit(this.#writer.sealed(DatagramType.bye, last), route);
        }
      }
    }
    this.#ended = reason;
    this.#open = false;
    clearTimeout(this.#tickTimer);
    clearTimeout(this.#choiceTimer);
    this.#receiver.close();
    this.#detach();
    this.#sender.close();
    logOf("p2p").debug("stream ended: {reason}", { reason: reason.publicMessage });
    this.#opening.reject(reason);
    this.#wanting.reject(reason);
    this.#wake();
  }

  #transmit(datagram: Bytes, to: Way | undefined): void {
    if (to !== undefined) this.#options.endpoint.send(datagram, to.host, to.port, to.via);
  }

  #tick(): void {
    const now = this.#now();
    const { pathTimeoutMs = 10_000, silenceMs = 10_000 } = this.#options;
    if (!this.#open) {
      if (now - this.#startedAt >= pathTimeoutMs) {
        return this.#end(
          new SimppdError("no-path", "No direct way to the other device was found."),
        );
      }
      this.#connectivity.probe(now);
      const pace = now - this.#startedAt < PROBE_EAGERLY ? PROBE_EVERY : 3 * PROBE_EVERY;
      this.#tickTimer = setTimeout(() => this.#tick(), pace);
      return;
    }
    if (now - this.#validAt >= silenceMs) return this.#end(cut("the other side fell silent"));
    if (this.#isStalled(now)) return this.#end(stalled(), { goodbye: true });
    if (now - this.#pingedAt >= PING_EVERY - TICK / 2) this.#keepAlive(now);
    this.#tickTimer = setTimeout(() => this.#tick(), TICK);
  }

  #isStalled(now: number): boolean {
    const { stallMs = STALL_MS } = this.#options;
    const since = this.#receiver.waitingSince;
    if (since !== undefined) return now - since >= stallMs;
    return this.#sender.wanted && this.#sender.busy && now - this.#sender.progressAt >= stallMs;
  }

  #keepAlive(now: number): void {
    this.#pingedAt = now;
    const selected = this.#connectivity.routes.selected!;
    // A way that stopped answering may have died while another one works.
    const silent = now - selected.pongAt > 2 * PING_EVERY;
    const upgrading = selected.relayed && now - this.#openedAt < UPGRADE_WITHIN;
    for (const route of silent || upgrading ? this.#connectivity.routes.all : [selected]) {
      this.#connectivity.ping(route, now);
    }
    // A credit that got lost would else never be told.
    if (this.#receiver.granted) this.#receiver.confirm();
  }

  #receive(datagram: Uint8Array, from: Way): void {
    const authentic = this.#reader.read(datagram);
    if (authentic === "stray") {
      this.#strays++;
      return;
    }
    if (authentic === "replay") {
      this.#replays++;
      return;
    }
    const now = this.#now();
    this.#validAt = now;
    const unproven = this.#connectivity.routes.heard(from.host, from.port, now, from.via);
    if (unproven !== undefined) this.#connectivity.ping(unproven, now);
    try {
      this.#handle(authentic, from, now);
    } catch {
      // The peer holds the keys and still sends nonsense: dropped and counted, nothing more.
      this.#malformed++;
    }
  }

  #handle(authentic: Authentic, from: Way, now: number): void {
    switch (authentic.type) {
      case DatagramType.segment:
        return this.#onSegment(authentic, now);
      case DatagramType.acknowledgement:
        return this.#onAcknowledgement(authentic.body);
      case DatagramType.tag:
        return this.#onTag(authentic, now);
      case DatagramType.ping:
        this.#receiver.note(authentic.number, now);
        return this.#connectivity.onPing(authentic, from, now);
      case DatagramType.pong:
        this.#receiver.note(authentic.number, now);
        return this.#onPong(authentic, from, now);
      case DatagramType.bye:
        if (this.#reader.open(authentic)[0] === 1) this.#sender.allCame();
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
    if (!this.#open) return;
    this.#transmit(
      this.#writer.clear(DatagramType.acknowledgement, body),
      this.#connectivity.routes.selected,
    );
  }

  #onAcknowledgement(body: Uint8Array): void {
    if (this.#options.keys.role !== "sender") return;
    if (!this.#open) {
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
      this.#malformed++;
    }
  }

  #onTag(authentic: Authentic, now: number): void {
    const first = !this.#connectivity.tagVerified;
    if (this.#connectivity.onTag(authentic)) {
      // The peer is there now: it need not wait for our next round of probes.
      if (first && !this.#open) this.#connectivity.probe(now);
      return this.#consider();
    }
    this.#end(
      new SimppdError("wrong-tag", "Somebody else than the other device answered the stream."),
    );
  }

  #onPong(authentic: Authentic, from: Way, now: number): void {
    if (!this.#connectivity.onPong(authentic, from, now)) return;
    if (!this.#open) this.#consider();
    else this.#connectivity.routes.select(now);
  }

  /** Opens when both tags are verified and an address answers, after a moment for better ones. */
  #consider(): void {
    if (this.#open || this.#choiceTimer !== undefined || !this.#connectivity.mutual) return;
    this.#choiceTimer = setTimeout(() => {
      this.#choiceTimer = undefined;
      const now = this.#now();
      this.#connectivity.routes.select(now);
      if (this.#connectivity.routes.selected === undefined) return;
      this.#open = true;
      this.#openedAt = now;
      this.#opening.resolve();
      if (this.#receiver.granted) this.#receiver.confirm();
      if (this.#early !== undefined) this.#onEarly(this.#early);
      // From the probing pace to the keep-alive's.
      clearTimeout(this.#tickTimer);
      this.#tick();
    }, CHOICE);
  }
}
