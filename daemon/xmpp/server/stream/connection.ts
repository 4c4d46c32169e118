import { steadyNow } from "../../../base/mod.ts";
import type { Crowdable } from "../crowdable.ts";
import { Crowding } from "./crowding.ts";
import { TokenBucket } from "./token_bucket.ts";
import type { OpenWire, Wire } from "./wire.ts";

/** How fast a connection may send, and how much may wait for it. */
export interface Flow {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
  readonly outQueueBytes: number;
  /** Spends of what all connections of its address share; tells how many ms that is to be waited. */
  readonly ofAddress?: (bytes: number) => number;
}

/** Who is told what happens on a connection. */
export interface ConnectionListener {
  onBytes(bytes: Uint8Array): void;
  /** The other side sends no more. */
  onEnd(): void;
  /** It takes what we write slowly: more than half of `outQueueBytes` waits. */
  onCrowded(): void;
  /** It was crowded, and has room again. */
  onRoom(): void;
  /** It takes what we write too slowly: more than `outQueueBytes` wait. */
  onOverflow(): void;
  onClosed(): void;
}

/** How long a closing connection may take to be read empty. */
const LINGER_MS = 2_000;

/** What it may send meanwhile. */
const LINGER_BYTES = 1 << 20;

/**
 * One client's connection, from its handshake on. Reading pauses while the rate is exceeded or the
 * listener is busy; writing is gathered a turn and bounded.
 */
export class Connection implements Crowdable {
  readonly address: string;
  readonly #wire: Wire;
  readonly #listener: ConnectionListener;
  #flow: Flow;
  #bucket: TokenBucket;
  #out: string[] = [];
  #outBytes = 0;
  readonly #crowding = new Crowding(() => ({
    waiting: this.#waiting,
    most: this.#flow.outQueueBytes,
  }));
  /** Called when it is throttled no more, or closed. */
  #onPaid: (() => void)[] = [];
  #wasCrowded = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dropped = 0;
  #throttled = false;
  #held = false;
  #state: "open" | "ending" | "closed" = "open";

  constructor(address: string, open: OpenWire, flow: Flow, listener: ConnectionListener) {
    this.address = address;
    this.#listener = listener;
    this.#flow = flow;
    this.#bucket = new TokenBucket(flow.bytesPerSecond, flow.burstBytes, steadyNow());
    this.#wire = open({
      onBytes: (bytes) => this.#read(bytes),
      onNoise: (bytes) => this.#spend(bytes),
      onEnd: () => listener.onEnd(),
      onError: () => this.destroy(),
      onClosed: () => this.#closed(),
    });
  }

  /** Is the TLS handshake over? */
  get secure(): boolean {
    return this.#wire.secure;
  }

  /** A new rate and queue, after login. */
  setFlow(flow: Flow): void {
    this.#flow = flow;
    this.#bucket = new TokenBucket(flow.bytesPerSecond, flow.burstBytes, steadyNow());
  }

  /** Writes text soon, together with what else this turn of the event loop writes. */
  send(text: string): void {
    if (this.#state !== "open") return;
    this.#out.push(text);
    this.#outBytes += text.length;
    if (this.#waiting > this.#flow.outQueueBytes) return this.#listener.onOverflow();
    if (this.#out.length === 1) queueMicrotask(() => this.#flush());
    if (!this.#crowding.crowded) return;
    this.#wasCrowded = true;
    this.#listener.onCrowded();
  }

  /** So much waits, or for so long, that nothing of others should be added. */
  get full(): boolean {
    return this.#crowding.full;
  }

  room(ms: number): Promise<void> {
    return this.#crowding.room(ms);
  }

  get #waiting(): number {
    return this.#outBytes + this.#wire.waiting;
  }

  #taken(): void {
    if (!this.#crowding.taken()) return;
    if (!this.#wasCrowded || this.#state !== "open") return;
    this.#wasCrowded = false;
    this.#listener.onRoom();
  }

  /** Spends the client's rate for more than the bytes it sent. */
  charge(bytes: number): void {
    this.#spend(bytes);
  }

  /**
   * Resolves once all that was charged is waited off, or the connection closed; undefined unless so
   * much was charged that what it sent already has to wait too, not only what it will send.
   */
  get overdrawn(): Promise<void> | undefined {
    if (this.#state !== "open" || !this.#throttled) return undefined;
    if (!this.#bucket.overdrawn(steadyNow())) return undefined;
    return new Promise((resolve) => this.#onPaid.push(resolve));
  }

  /** While held, nothing more is read. */
  hold(held: boolean): void {
    this.#held = held;
    this.#steer();
  }

  /** Writes what waits and `last`, then closes; destroyed when that takes long. */
  end(last: readonly string[]): void {
    if (this.#state !== "open") return;
    // Without TLS there is nobody to say anything to.
    if (!this.secure) return this.destroy();
    for (const text of last) this.send(text);
    this.#flush();
    // The overflow of `last` itself may have closed it.
    if ((this.#state as string) !== "open") return;
    this.#state = "ending";
    this.#crowding.end();
    clearTimeout(this.#timer);
    this.#paid();
    this.#timer = setTimeout(() => this.destroy(), LINGER_MS);
    // What still comes is read and dropped: unread bytes would make the close a reset, and the
    // other side would lose our last words.
    this.#wire.resume();
    this.#wire.end();
  }

  destroy(): void {
    if (this.#state === "closed") return;
    this.#wire.destroy();
    this.#closed();
  }

  #closed(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#timer);
    this.#paid();
    this.#crowding.end();
    this.#wire.destroy();
    this.#listener.onClosed();
  }

  #read(bytes: Uint8Array): void {
    if (this.#state !== "open") return this.#drop(bytes.length);
    // Nothing is taken for the client's that did not come through TLS.
    if (!this.secure) return this.destroy();
    this.#spend(bytes.length);
    this.#listener.onBytes(bytes);
  }

  #drop(bytes: number): void {
    this.#dropped += bytes;
    if (this.#dropped > LINGER_BYTES) this.destroy();
  }

  #flush(): void {
    if (this.#out.length === 0 || this.#state !== "open") return;
    const texts = this.#out;
    this.#out = [];
    this.#outBytes = 0;
    this.#wire.write(texts, () => this.#taken());
  }

  #spend(bytes: number): void {
    const wait = Math.max(
      this.#bucket.spend(bytes, steadyNow()),
      this.#flow.ofAddress?.(bytes) ?? 0,
    );
    if (wait === 0 || this.#throttled || this.#state !== "open") return;
    this.#throttled = true;
    this.#steer();
    this.#timer = setTimeout(() => {
      this.#throttled = false;
      // What was charged while waiting is waited off as well.
      this.#spend(0);
      this.#steer();
      if (!this.#throttled) this.#paid();
    }, wait);
  }

  #paid(): void {
    for (const paid of this.#onPaid.splice(0)) paid();
  }

  #steer(): void {
    if (this.#state !== "open") return;
    if (this.#held || this.#throttled) this.#wire.pause();
    else this.#wire.resume();
  }
}
