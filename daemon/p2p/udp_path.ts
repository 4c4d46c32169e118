import { Broadcast, type Bytes, Emitter, logOf, SimppdError, steadyNow } from "../base/mod.ts";
import { addressText, type Candidate } from "./candidates.ts";
import { decodeReport, encodeReport, MAX_TAG, type Report, type ReportExtra } from "./control.ts";
import { type Authentic, DatagramType } from "./datagram.ts";
import type { UdpEndpoint } from "./endpoint.ts";
import { decodeNack, encodeNack, readFragment } from "./fragments.ts";
import type { PathKeys } from "./keys.ts";
import type { Path, PathEnd, PathEvent, PathFrame, PathStats } from "./path.ts";
import { Reassembler } from "./reassembler.ts";
import { FrameSender } from "./sender.ts";
import { UdpWay, type WayEnd } from "./udp_way.ts";

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
  readonly #now: () => number;
  readonly #way: UdpWay;
  readonly #sender: FrameSender;
  readonly #reassembler = new Reassembler();
  readonly #frames = new Broadcast<PathFrame>();
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (end: { reason: PathEnd }) => void;
  #ended = false;
  #repairTimer: ReturnType<typeof setTimeout> | undefined;
  #naks = 0;
  #extra: ReportExtra = { opened: 0, openFailures: 0, fps: 0, latencyMs: null };
  #remoteReport: (Report & { at: number }) | null = null;

  constructor(options: UdpPathOptions) {
    const { endpoint, localTag, expectedTag, signal } = options;
    for (const tag of [localTag, expectedTag]) {
      if (tag.length < 32 || tag.length > MAX_TAG) {
        throw new SimppdError("bad-tag", `A device tag has 32 to ${MAX_TAG} bytes.`);
      }
    }
    const { promise, resolve } = Promise.withResolvers<{ reason: PathEnd }>();
    this.closed = promise;
    this.#resolve = resolve;
    this.#signal = signal;
    this.#now = options.now ?? steadyNow;
    this.#way = new UdpWay({
      endpoint,
      id: options.callId,
      keys: options.keys,
      remote: options.remote,
      localTag,
      expectedTag,
      findWithinMs: options.tagTimeoutMs ?? 10_000,
      silenceMs: options.silenceMs ?? 5_000,
      now: this.#now,
      user: {
        handle: (authentic, now) => this.#handle(authentic, now),
        opened: () => this.#announce(),
        moved: () => this.#announce(),
        keepAlive: () => this.#report(),
        ended: (reason) => this.#lost(reason),
      },
    });
    this.#sender = new FrameSender({
      writer: this.#way.writer,
      transmit: (datagram) => this.#way.send(datagram),
      backlog: () => endpoint.backlog,
      now: this.#now,
    });
    if (signal?.aborted) this.#end("aborted");
    else {
      signal?.addEventListener("abort", this.#abort, { once: true });
      this.#way.start();
    }
  }

  get tagVerified(): boolean {
    return this.#way.tagVerified;
  }

  send(frame: Uint8Array, capturedAt: number): boolean {
    return this.#way.isOpen && this.#sender.offer(frame, capturedAt);
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
      resent: this.#sender.resent,
      naks: this.#naks,
      rttMs: this.#way.clock.rttMs,
      clockOffsetMs: this.#way.clock.offsetMs,
      ...this.#way.figures,
      remoteReport: this.#remoteReport,
    };
  }

  close(): void {
    this.#end("bye", { goodbye: true });
  }

  #abort = () => this.#end("aborted", { goodbye: true });

  #lost(reason: WayEnd): void {
    if (reason === "wrong-tag") {
      this.events.emit({
        type: "security",
        code: "wrong-tag",
        message: "The peer showed another device tag than its invitation announced; path closed.",
      });
    }
    this.#end(reason);
  }

  #end(reason: PathEnd, { goodbye = false } = {}): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#way.close(goodbye ? new Uint8Array(0) : undefined);
    clearTimeout(this.#repairTimer);
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#sender.close();
    this.#frames.end();
    logOf("p2p").debug("path ended: {reason}", { reason });
    this.#resolve({ reason });
    this.events.emit({ type: "closed", reason });
  }

  #report(): void {
    const report: Report = {
      ...this.#extra,
      received: this.#reassembler.received,
      dropped: this.#reassembler.dropped,
      bytes: this.#way.figures.bytesReceived,
    };
    this.#way.send(this.#way.writer.sealed(DatagramType.report, encodeReport(report)));
  }

  #handle(authentic: Authentic, now: number): void {
    switch (authentic.type) {
      case DatagramType.fragment:
        return this.#onFragment(authentic.body, now);
      case DatagramType.nack:
        return this.#onNack(authentic.body);
      case DatagramType.report:
        this.#remoteReport = { ...decodeReport(this.#way.reader.open(authentic)), at: now };
        return;
      case DatagramType.bye:
        this.#way.reader.open(authentic);
        return this.#end("bye");
      default:
        throw new RangeError(`datagram of type ${authentic.type} on a path of frames`);
    }
  }

  #onFragment(body: Uint8Array, now: number): void {
    // No frame before the peer's right tag.
    if (!this.#way.tagVerified) return;
    const fragment = readFragment(body);
    const outcome = fragment === undefined ? "malformed" : this.#reassembler.accept(fragment, now);
    if (outcome === "malformed") this.#way.countMalformed();
    else if (outcome !== undefined) this.#frames.publish({ ...outcome, receivedAt: now });
    if (this.#repairTimer === undefined) this.#armRepair(now);
  }

  #onNack(body: Uint8Array): void {
    const missing = decodeNack(body);
    if (missing === undefined) return this.#way.countMalformed();
    this.#naks++;
    if (this.#way.isOpen) this.#sender.repair(missing);
  }

  #announce(): void {
    const { local, host, port, relayed } = this.#way.selected!;
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
      this.#way.send(this.#way.writer.clear(DatagramType.nack, encodeNack(missing)));
    }
    this.#armRepair(now);
  }

  get #retryMs(): number {
    return Math.max(8, 1.5 * (this.#way.clock.leastRttMs ?? 0) + 5);
  }
}
