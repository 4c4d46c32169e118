import type { Bytes } from "../base/mod.ts";
import { type Candidate, parseCandidates } from "./candidates.ts";
import { Connectivity, type Way } from "./connectivity.ts";
import { type Authentic, DatagramReader, DatagramType, DatagramWriter } from "./datagram.ts";
import type { UdpEndpoint } from "./endpoint.ts";
import { pathDirections, type PathKeys, selectorOf } from "./keys.ts";
import type { Route } from "./routes.ts";

const PROBE_EVERY = 100;
/** After this long without a way, probes come at a third of the pace, ms. */
const PROBE_EAGERLY = 2_000;
/** How long the answers of other addresses are waited for once one has answered, ms. */
const CHOICE = 30;
const TICK = 250;
const PING_EVERY = 1_000;
const BYE_COPIES = 3;
/** How long after its opening a relayed way goes on looking for one without a relay, ms. */
const UPGRADE_WITHIN = 30_000;

/** Why a way ended: none was found, the peer fell silent or is another, the socket was closed. */
export type WayEnd = "no-path" | "lost" | "wrong-tag" | "failed";

export interface UdpWayOptions {
  readonly endpoint: UdpEndpoint;
  /** 8 bytes, known to both sides. */
  readonly id: Bytes;
  readonly keys: PathKeys;
  /** The peer's addresses. */
  readonly remote: readonly Candidate[];
  readonly localTag: Bytes;
  readonly expectedTag: Bytes;
  /** How long a way and the right tag are waited for. */
  readonly findWithinMs: number;
  /** How long the peer may be silent. */
  readonly silenceMs: number;
  /** A steady clock in ms. */
  readonly now: () => number;
  /** What travels on the way. */
  readonly user: WayUser;
}

/** What a way tells who sends and receives on it. */
export interface WayUser {
  /** A datagram of the peer that is not the way's own. @throws when it makes no sense */
  handle(authentic: Authentic, now: number): void;
  /** A datagram of the way's own came. */
  passed?(number: number, now: number): void;
  /** Both tags are verified and an address answers. */
  opened(): void;
  /** The way leads to another address of the peer, or over another relay. */
  moved?(): void;
  /** Four times a second while the way is open. */
  tick?(now: number): void;
  /** Once a second while the way is open: what is to be said again in case it got lost. */
  keepAlive(): void;
  /** The way cannot be used any more; it is to be closed. */
  ended(reason: WayEnd): void;
}

/**
 * The way of datagrams to one peer, whatever they carry: probes the peer's addresses and shows our
 * tag to each, opens when one answers and the peer's right tag has come, keeps the way alive, and
 * changes it when a better one is there (docs/protocol.md "Finding the way").
 */
export class UdpWay {
  readonly writer: DatagramWriter;
  readonly reader: DatagramReader;
  readonly #o: UdpWayOptions;
  readonly #connectivity: Connectivity;
  readonly #detach: () => void;
  readonly #startedAt: number;
  readonly #endpointStrays: number;
  #open = false;
  #closed = false;
  #tickTimer: ReturnType<typeof setTimeout> | undefined;
  #choiceTimer: ReturnType<typeof setTimeout> | undefined;
  #validAt: number;
  #pingedAt = -Infinity;
  #openedAt = Infinity;
  #bytesSent = 0;
  #bytesReceived = 0;
  #strays = 0;
  #replays = 0;
  #malformed = 0;

  /** @throws SimppdError `bad-path-keys`, `call-exists`, `endpoint-closed` */
  constructor(options: UdpWayOptions) {
    const { endpoint, id, now } = options;
    const directions = pathDirections(options.keys, id);
    const selector = selectorOf(id);
    this.#o = options;
    this.writer = new DatagramWriter(directions.send, selector);
    this.reader = new DatagramReader(directions.receive, selector);
    this.#connectivity = new Connectivity({
      writer: this.writer,
      reader: this.reader,
      candidates: parseCandidates(options.remote),
      ways: (host) => endpoint.ways(host),
      localTag: options.localTag,
      expectedTag: options.expectedTag,
      transmit: (datagram, to) => this.#transmit(datagram, to),
      now,
    });
    this.#startedAt = this.#validAt = now();
    this.#endpointStrays = endpoint.strays;
    this.#detach = endpoint.attach(selector, {
      receive: (datagram, host, port, via) => this.#receive(datagram, { host, port, via }),
      lost: () => options.user.ended("failed"),
    });
  }

  /** Begins to look for the way. */
  start(): void {
    this.#tick();
  }

  /** Once only: tells the peer, when there is something to tell, and sends nothing more. */
  close(goodbye?: Bytes): void {
    if (this.#closed) return;
    if (goodbye !== undefined) {
      const { selected, all } = this.#connectivity.routes;
      for (const route of selected === undefined ? all : [selected]) {
        // Copies, because nobody acknowledges them.
        for (let i = 0; i < BYE_COPIES; i++) {
          this.#transmit(this.writer.sealed(DatagramType.bye, goodbye), route);
        }
      }
    }
    this.#closed = true;
    this.#open = false;
    clearTimeout(this.#tickTimer);
    clearTimeout(this.#choiceTimer);
    this.#detach();
  }

  get isOpen(): boolean {
    return this.#open;
  }
  get tagVerified(): boolean {
    return this.#connectivity.tagVerified;
  }
  /** The way as it is; undefined before it is open. */
  get selected(): Route | undefined {
    return this.#connectivity.routes.selected;
  }
  get clock(): Connectivity["clock"] {
    return this.#connectivity.clock;
  }

  /** Datagrams and bytes both ways, and what was not the peer's, came twice or made no sense. */
  get figures(): {
    bytesSent: number;
    bytesReceived: number;
    strays: number;
    replays: number;
    malformed: number;
  } {
    return {
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      strays: this.#strays + this.#o.endpoint.strays - this.#endpointStrays,
      replays: this.#replays,
      malformed: this.#malformed,
    };
  }

  /** Counts what the peer said and makes no sense. */
  countMalformed(): void {
    this.#malformed++;
  }

  /** Sends on the way, when there is one. */
  send(datagram: Bytes): void {
    this.#transmit(datagram, this.selected);
  }

  #transmit(datagram: Bytes, to: Way | undefined): void {
    if (to === undefined) return;
    this.#bytesSent += datagram.length;
    this.#o.endpoint.send(datagram, to.host, to.port, to.via);
  }

  #tick(): void {
    const { user, findWithinMs, silenceMs } = this.#o;
    const now = this.#o.now();
    if (!this.#open) {
      if (now - this.#startedAt >= findWithinMs) return user.ended("no-path");
      this.#connectivity.probe(now);
      const pace = now - this.#startedAt < PROBE_EAGERLY ? PROBE_EVERY : 3 * PROBE_EVERY;
      this.#tickTimer = setTimeout(() => this.#tick(), pace);
      return;
    }
    if (now - this.#validAt >= silenceMs) return user.ended("lost");
    user.tick?.(now);
    if (this.#closed) return;
    if (now - this.#pingedAt >= PING_EVERY - TICK / 2) this.#keepAlive(now);
    this.#tickTimer = setTimeout(() => this.#tick(), TICK);
  }

  #keepAlive(now: number): void {
    this.#pingedAt = now;
    const selected = this.selected!;
    // A way that stopped answering may have died while another one works.
    const silent = now - selected.pongAt > 2 * PING_EVERY;
    const upgrading = selected.relayed && now - this.#openedAt < UPGRADE_WITHIN;
    for (const route of silent || upgrading ? this.#connectivity.routes.all : [selected]) {
      this.#connectivity.ping(route, now);
    }
    this.#o.user.keepAlive();
  }

  #receive(datagram: Uint8Array, from: Way): void {
    const authentic = this.reader.read(datagram);
    if (authentic === "stray") {
      this.#strays++;
      return;
    }
    if (authentic === "replay") {
      this.#replays++;
      return;
    }
    const now = this.#o.now();
    this.#validAt = now;
    this.#bytesReceived += datagram.length;
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
      case DatagramType.tag:
        return this.#onTag(authentic, now);
      case DatagramType.ping:
        this.#o.user.passed?.(authentic.number, now);
        return this.#connectivity.onPing(authentic, from, now);
      case DatagramType.pong:
        this.#o.user.passed?.(authentic.number, now);
        return this.#onPong(authentic, from, now);
      default:
        return this.#o.user.handle(authentic, now);
    }
  }

  #onTag(authentic: Authentic, now: number): void {
    const first = !this.#connectivity.tagVerified;
    if (!this.#connectivity.onTag(authentic)) return this.#o.user.ended("wrong-tag");
    // The peer is there now: it need not wait for our next round of probes.
    if (first && !this.#open) this.#connectivity.probe(now);
    this.#consider();
  }

  #onPong(authentic: Authentic, from: Way, now: number): void {
    if (!this.#connectivity.onPong(authentic, from, now)) return;
    if (!this.#open) this.#consider();
    else if (this.#connectivity.routes.select(now)) this.#o.user.moved?.();
  }

  /** Opens when both tags are verified and an address answers, after a moment for better ones. */
  #consider(): void {
    if (this.#open || this.#choiceTimer !== undefined || !this.#connectivity.mutual) return;
    this.#choiceTimer = setTimeout(() => {
      this.#choiceTimer = undefined;
      const now = this.#o.now();
      this.#connectivity.routes.select(now);
      if (this.selected === undefined) return;
      this.#open = true;
      this.#openedAt = now;
      this.#o.user.opened();
      // From the probing pace to the keep-alive's.
      clearTimeout(this.#tickTimer);
      if (!this.#closed) this.#tick();
    }, CHOICE);
  }
}
