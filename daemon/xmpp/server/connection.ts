import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { steadyNow } from "../../base/mod.ts";
import { TokenBucket } from "./token_bucket.ts";

/** Certificate and key, PEM. */
export interface TlsIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** How fast a connection may send, and how much may wait for it. */
export interface Flow {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
  readonly outQueueBytes: number;
  /** Spends of what all connections of its address share; tells how many ms that is to be waited. */
  readonly ofAddress?: (bytes: number) => number;
}

/** Parts of the queue: past the first, who writes is held back; past the second, turned away. */
const CROWDED = 0.5;
const FULL = 0.75;

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

/**
 * One TLS connection (TLS 1.2 at least), from its handshake on. Reading pauses while the rate is
 * exceeded or the listener is busy; writing is gathered a turn and bounded.
 */
export class Connection {
  readonly address: string;
  readonly #socket: TLSSocket;
  readonly #raw: Socket;
  readonly #listener: ConnectionListener;
  #flow: Flow;
  #bucket: TokenBucket;
  #out: string[] = [];
  #outBytes = 0;
  /** Called when the queue is half empty again, or the connection is closed. */
  #onRoom = new Set<() => void>();
  #stalled = false;
  #wasCrowded = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #throttled = false;
  #held = false;
  #secure = false;
  #state: "open" | "ending" | "closed" = "open";

  /** @param raw not flowing and without a `data` listener, so that no clear byte passes */
  constructor(raw: Socket, identity: TlsIdentity, flow: Flow, listener: ConnectionListener) {
    this.address = raw.remoteAddress ?? "";
    this.#raw = raw;
    this.#listener = listener;
    this.#flow = flow;
    this.#bucket = new TokenBucket(flow.bytesPerSecond, flow.burstBytes, steadyNow());
    raw.setNoDelay(true);
    raw.on("error", () => this.destroy());
    const socket = this.#socket = new TLSSocket(raw, {
      isServer: true,
      cert: identity.certificatePem,
      key: identity.keyPem,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["xmpp-client"],
    });
    socket.on("error", () => this.destroy());
    socket.on("secure", () => this.#secure = true);
    socket.on("data", (bytes) => this.#read(bytes as Uint8Array));
    socket.on("end", () => listener.onEnd());
    socket.on("close", () => this.#closed());
  }

  /** Is the TLS handshake over? */
  get secure(): boolean {
    return this.#secure;
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
    if (!this.#crowded) return;
    this.#wasCrowded = true;
    this.#listener.onCrowded();
  }

  /** So much waits, or for so long, that nothing of others should be added. */
  get full(): boolean {
    return this.#stalled || this.#waiting > FULL * this.#flow.outQueueBytes;
  }

  /**
   * Resolves once no more than half of the queue waits, it closed, or `ms` are over; after those
   * it counts as full until it has room.
   */
  room(ms: number): Promise<void> {
    if (!this.#crowded) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#onRoom.delete(done);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#stalled = true;
        done();
      }, ms);
      this.#onRoom.add(done);
    });
  }

  get #waiting(): number {
    return this.#outBytes + this.#socket.writableLength;
  }
  get #crowded(): boolean {
    return this.#state === "open" && this.#waiting > CROWDED * this.#flow.outQueueBytes;
  }

  #taken(): void {
    if (this.#crowded) return;
    this.#stalled = false;
    for (const done of [...this.#onRoom]) done();
    if (!this.#wasCrowded || this.#state !== "open") return;
    this.#wasCrowded = false;
    this.#listener.onRoom();
  }

  /** Spends the client's rate for more than the bytes it sent. */
  charge(bytes: number): void {
    this.#spend(bytes);
  }

  /** While held, nothing more is read. */
  hold(held: boolean): void {
    this.#held = held;
    this.#steer();
  }

  /** Writes what waits and `last`, then closes; destroyed when that takes long. */
  end(last: string): void {
    if (this.#state !== "open") return;
    // Without TLS there is nobody to say anything to.
    if (!this.#secure) return this.destroy();
    if (last !== "") this.send(last);
    this.#flush();
    // The overflow of `last` itself may have closed it.
    if ((this.#state as string) !== "open") return;
    this.#state = "ending";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.destroy(), LINGER_MS);
    // What still comes is read and dropped: unread bytes would make the close a reset, and the
    // other side would lose our last words.
    this.#socket.resume();
    this.#socket.end();
  }

  destroy(): void {
    if (this.#state === "closed") return;
    this.#socket.destroy();
    this.#raw.destroy();
    this.#closed();
  }

  #closed(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#timer);
    this.#taken();
    this.#raw.destroy();
    this.#listener.onClosed();
  }

  #read(bytes: Uint8Array): void {
    if (this.#state !== "open") return;
    // Nothing is taken for the client's that did not come through TLS.
    if (!this.#secure) return this.destroy();
    this.#spend(bytes.length);
    this.#listener.onBytes(bytes);
  }

  #flush(): void {
    if (this.#out.length === 0 || this.#state !== "open") return;
    const text = this.#out.join("");
    this.#out = [];
    this.#outBytes = 0;
    this.#socket.write(text, () => this.#taken());
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
    }, wait);
  }

  #steer(): void {
    if (this.#state !== "open") return;
    if (this.#held || this.#throttled) this.#socket.pause();
    else this.#socket.resume();
  }
}
