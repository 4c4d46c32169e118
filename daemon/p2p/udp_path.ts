import { Broadcast, type Bytes, Emitter, logOf, SimppdError, steadyNow } from "../base/mod.ts";
import { addressText, type Candidate, parseCandidates } from "./candidates.ts";
import { Connectivity, type Way } from "./connectivity.ts";
import { decodeReport, encodeReport, MAX_TAG, type Report, type ReportExtra } from "./control.ts";
import { type Authentic, DatagramReader, DatagramType, DatagramWriter } from "./datagram.ts";
import type { UdpEndpoint } from "./endpoint.ts";
import { decodeNack, encodeNack, readFragment } from "./fragments.ts";
import { pathDirections, type PathKeys, selectorOf } from "./keys.ts";
import type { Path, PathEnd, PathEvent, PathFrame, PathStats } from "./path.ts";
import { Reassembler } from "./reassembler.ts";
import { FrameSender } from "./sender.ts";

const PROBE_EVERY = 100;
/** After this long without a way, probes come at a third of the pace. */
const PROBE_EAGERLY = 2_000;
/** How long the answers of other addresses are waited for once one has answered, ms. */
const CHOICE = 30;
const TICK = 250;
const PING_EVERY = 1_000;
const BYE_COPIES = 3;
/** How long after its opening a relayed path goes on looking for one without a relay, ms. */
const UPGRADE_WITHIN = 30_000;

export interface UdpPathOptions {
  endpoint: UdpEndpoint;
  /** 8 bytes, known to both sides. */
  callId: Bytes;
  keys: PathKeys;
  /** The peer's addresses. */
  remote: readonly Candidate[];
  /** Our device tag: camera name, then 32 random bytes; at most 512. */
  localTag: Bytes;
  /** The peer's, as its signalling announced it. */
  expectedTag: Bytes;
  signal?: AbortSignal;
  /** How long a way and the right tag are waited for. */
  tagTimeoutMs?: number;
  /** How long the peer may be silent. */
  silenceMs?: number;
  /** A steady clock in ms, shared by all of the daemon. */
  now?: () => number;
}

/**
 * Opens the direct path: probes the peer's addresses and shows the tag to each, until one answers
 * and the peer's right tag has come (docs/protocol.md "Media datagrams").
 * @throws SimppdError `bad-path-keys`, `bad-tag`, `call-exists`, `endpoint-closed`
 */
export function openUdpPath(options: UdpPathOptions): Path {
  return new UdpPath(options);
}

class UdpPath implements Path {
  readonly kind = "udp";
  readonly events = new Emitter<PathEvent>();
  readonly closed: Promise<{ reason: PathEnd }>;
  readonly #options: UdpPathOptions;
  readonly #now: () => number;
  readonly #writer: DatagramWriter;
  readonly #reader: DatagramReader;
  readonly #connectivity: Connectivity;
  readonly #sender: FrameSender;
  readonly #reassembler = new Reassembler();
  readonly #frames = new Broadcast<PathFrame>();
  readonly #detach: () => void;
  readonly #resolve: (end: { reason: PathEnd }) => void;
  readonly #startedAt: number;
  readonly #endpointStrays: number;
  #open = false;
  #ended = false;
  #tickTimer: ReturnType<typeof setTimeout> | undefined;
  #choiceTimer: ReturnType<typeof setTimeout> | undefined;
  #repairTimer: ReturnType<typeof setTimeout> | undefined;
  #validAt: number;
  #pingedAt = -Infinity;
  #openedAt = Infinity;
  #bytesSent = 0;
  #bytesReceived = 0;
  #strays = 0;
  #replays = 0;
  #malformed = 0;
  #naks = 0;
  #extra: ReportExtra = { opened: 0, openFailures: 0, fps: 0, latencyMs: null };
  #remoteReport: (Report & { at: number }) | null = null;

  constructor(options: UdpPathOptions) {
    for (const tag of [options.localTag, options.expectedTag]) {
      if (tag.length < 32 || tag.length > MAX_TAG) {
        throw new SimppdError("bad-tag", `A device tag has 32 to ${MAX_TAG} bytes.`);
      }
    }
    const directions = pathDirections(options.keys, options.callId);
    const selector = selectorOf(options.callId);
    this.#options = options;
    this.#now = options.now ?? steadyNow;
    this.#writer = new DatagramWriter(directions.send, selector);
    this.#reader = new DatagramReader(directions.receive, selector);
    this.#connectivity = new Connectivity({
      writer: this.#writer,
      reader: this.#reader,
      candidates: parseCandidates(options.remote),
      ways: (host) => options.endpoint.ways(host),
      localTag: options.localTag,
      expectedTag: options.expectedTag,
      transmit: (datagram, to) => this.#transmit(datagram, to),
      now: this.#now,
    });
    this.#sender = new FrameSender({
      writer: this.#writer,
      transmit: (datagram) => this.#transmit(datagram, this.#connectivity.routes.selected),
      backlog: () => options.endpoint.backlog,
      now: this.#now,
    });
    const { promise, resolve } = Promise.withResolvers<{ reason: PathEnd }>();
    this.closed = promise;
    this.#resolve = resolve;
    this.#startedAt = this.#validAt = this.#now();
    this.#endpointStrays = options.endpoint.strays;
    this.#detach = options.endpoint.attach(selector, {
      receive: (datagram, host, port, via) => this.#receive(datagram, { host, port, via }),
      lost: () => this.#end("failed"),
    });
    if (options.signal?.aborted) this.#end("aborted");
    else {
      options.signal?.addEventListener("abort", this.#abort, { once: true });
      this.#tick();
    }
  }

  get tagVerified(): boolean {
    return this.#connectivity.tagVerified;
  }

  send(frame: Uint8Array, capturedAt: number): boolean {
    return this.#open && !this.#ended && this.#sender.offer(frame, capturedAt);
  }

  frames(signal?: AbortSignal): AsyncIterable<PathFrame> {
    return this.#frames.subscribe(signal);
  }

  report(extra: Partial<ReportExtra>): void {
    this.#extra = { ...this.#extra, ...extra };
  }

  stats(): PathStats {
    return {
      sent: this.#sender.sent,
      sendDropped: this.#sender.dropped,
      received: this.#reassembler.received,
      receiveDropped: this.#reassembler.dropped,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      resent: this.#sender.resent,
      naks: this.#naks,
      rttMs: this.#connectivity.clock.rttMs,
      clockOffsetMs: this.#connectivity.clock.offsetMs,
      strays: this.#strays + this.#options.endpoint.strays - this.#endpointStrays,
      replays: this.#replays,
      malformed: this.#malformed,
      remoteReport: this.#remoteReport,
    };
  }

  close(): void {
    this.#end("bye", { goodbye: true });
  }

  #abort = () => this.#end("aborted", { goodbye: true });

  #end(reason: PathEnd, { goodbye = false } = {}): void {
    if (this.#ended) return;
    if (goodbye) {
      const selected = this.#connectivity.routes.selected;
      for (const route of selected === undefined ? this.#connectivity.routes.all : [selected]) {
        // Copies, because nobody acknowledges them.
        for (let i = 0; i < BYE_COPIES; i++) {
          this.#transmit(this.#writer.sealed(DatagramType.bye, new Uint8Array(0)), route);
        }
      }
    }
    this.#ended = true;
    this.#open = false;
    clearTimeout(this.#tickTimer);
    clearTimeout(this.#choiceTimer);
    clearTimeout(this.#repairTimer);
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#detach();
    this.#sender.close();
    this.#frames.end();
    logOf("p2p").debug("path ended: {reason}", { reason });
    this.#resolve({ reason });
    this.events.emit({ type: "closed", reason });
  }

  #transmit(datagram: Bytes, to: Way | undefined): void {
    if (to === undefined) return;
    this.#bytesSent += datagram.length;
    this.#options.endpoint.send(datagram, to.host, to.port, to.via);
  }

  #tick(): void {
    const now = this.#now();
    const { tagTimeoutMs = 10_000, silenceMs = 5_000 } = this.#options;
    if (!this.#open) {
      if (now - this.#startedAt >= tagTimeoutMs) return this.#end("no-path");
      this.#connectivity.probe(now);
      const pace = now - this.#startedAt < PROBE_EAGERLY ? PROBE_EVERY : 3 * PROBE_EVERY;
      this.#tickTimer = setTimeout(() => this.#tick(), pace);
      return;
    }
    if (now - this.#validAt >= silenceMs) return this.#end("lost");
    if (now - this.#pingedAt >= PING_EVERY - TICK / 2) this.#keepAlive(now);
    this.#tickTimer = setTimeout(() => this.#tick(), TICK);
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
    const report: Report = {
      ...this.#extra,
      received: this.#reassembler.received,
      dropped: this.#reassembler.dropped,
      bytes: this.#bytesReceived,
    };
    this.#transmit(this.#writer.sealed(DatagramType.report, encodeReport(report)), selected);
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
      case DatagramType.fragment:
        return this.#onFragment(authentic.body, now);
      case DatagramType.tag:
        return this.#onTag(authentic, now);
      case DatagramType.ping:
        return this.#connectivity.onPing(authentic, from, now);
      case DatagramType.pong:
        return this.#onPong(authentic, from, now);
      case DatagramType.nack:
        return this.#onNack(authentic.body);
      case DatagramType.report:
        this.#remoteReport = { ...decodeReport(this.#reader.open(authentic)), at: now };
        return;
      case DatagramType.bye:
        this.#reader.open(authentic);
        return this.#end("bye");
      default:
        throw new RangeError(`datagram of type ${authentic.type} on a path of frames`);
    }
  }

  #onTag(authentic: Authentic, now: number): void {
    const first = !this.#connectivity.tagVerified;
    if (this.#connectivity.onTag(authentic)) {
      // The peer is there now: it need not wait for our next round of probes.
      if (first && !this.#open) this.#connectivity.probe(now);
      return this.#consider();
    }
    this.events.emit({
      type: "security",
      code: "wrong-tag",
      message: "The peer showed another device tag than its invitation announced; path closed.",
    });
    this.#end("wrong-tag");
  }

  #onFragment(body: Uint8Array, now: number): void {
    // No frame before the peer's right tag.
    if (!this.#connectivity.tagVerified) return;
    const fragment = readFragment(body);
    const outcome = fragment === undefined ? "malformed" : this.#reassembler.accept(fragment, now);
    if (outcome === "malformed") this.#malformed++;
    else if (outcome !== undefined) this.#frames.publish({ ...outcome, receivedAt: now });
    if (this.#repairTimer === undefined) this.#armRepair(now);
  }

  #onNack(body: Uint8Array): void {
    const missing = decodeNack(body);
    if (missing === undefined) {
      this.#malformed++;
      return;
    }
    this.#naks++;
    if (this.#open) this.#sender.repair(missing);
  }

  #onPong(authentic: Authentic, from: Way, now: number): void {
    if (!this.#connectivity.onPong(authentic, from, now)) return;
    if (!this.#open) this.#consider();
    else if (this.#connectivity.routes.select(now)) this.#announce();
  }

  /** Opens when both tags are verified and an address answers, after a moment for better ones. */
  #consider(): void {
    if (this.#open || this.#choiceTimer !== undefined) return;
    if (!this.#connectivity.mutual) return;
    this.#choiceTimer = setTimeout(() => {
      this.#choiceTimer = undefined;
      this.#connectivity.routes.select(this.#now());
      if (this.#connectivity.routes.selected === undefined) return;
      this.#open = true;
      this.#openedAt = this.#now();
      this.#announce();
      // From the probing pace to the keep-alive's.
      clearTimeout(this.#tickTimer);
      if (!this.#ended) this.#tick();
    }, CHOICE);
  }

  #announce(): void {
    const { local, host, port, relayed } = this.#connectivity.routes.selected!;
    this.events.emit({ type: "open", local, remote: addressText(host, port), relayed });
  }

  #armRepair(now: number): void {
    const due = this.#reassembler.nextDue(this.#retryMs);
    if (due === Infinity) return;
    this.#repairTimer = setTimeout(() => this.#askAgain(), Math.max(1, Math.ceil(due - now)));
  }

  #askAgain(): void {
    this.#repairTimer = undefined;
    const now = this.#now();
    const missing = this.#reassembler.missing(now, this.#retryMs);
    if (missing.length > 0) {
      this.#transmit(
        this.#writer.clear(DatagramType.nack, encodeNack(missing)),
        this.#connectivity.routes.selected,
      );
    }
    this.#armRepair(now);
  }

  get #retryMs(): number {
    return Math.max(8, 1.5 * (this.#connectivity.clock.leastRttMs ?? 0) + 5);
  }
}
