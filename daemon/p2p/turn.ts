import { type Bytes, logOf, SimppdError, steadyNow } from "../base/mod.ts";
import { addressText, reachOf } from "./candidates.ts";
import { putU16, u16At, u32At } from "./datagram.ts";
import {
  decodeStun,
  decodeXorAddress,
  encodeXorAddress,
  StunAttribute,
  type StunAttributeValue,
  StunClass,
  type StunMessage,
  StunMethod,
} from "./stun.ts";
import { StunClient } from "./stun_client.ts";
import type { StunCredentials } from "./stun_credentials.ts";

/** Addresses of a peer that packets are relayed to, at most. */
export const MAX_PEERS = 32;
/** Channels of one allocation at most; the rest goes in Send indications. */
export const MAX_CHANNELS = 8;

const UDP = 17;
const FIRST_CHANNEL = 0x4000;
/** Datagrams to one address after which a channel is worth its request. */
const CHANNEL_AFTER = 16;
const CHANNEL_HEADER = 4;
/** How often it is looked at what is due, in ms. */
const TICK = 500;
/** Permissions hold 5 minutes, channels 10 (RFC 8656 sections 9 and 12): renewed well before. */
const RENEW_EVERY = 240_000;
/** An address not sent to for this long is not renewed. */
const USED_WITHIN = 60_000;
/** After a refusal it is not asked again for this long. */
const REFUSED_FOR = 30_000;
/** A NAT forgets a binding that is silent for longer (RFC 8445 section 11). */
const KEEP_ALIVE_EVERY = 15_000;
/** Lifetimes of an allocation that are taken as a server says them, in seconds. */
const LIFETIME = { least: 2, usual: 600, most: 3_600 } as const;
/** It is refreshed this long before its end, in ms, or at half of a short one. */
const REFRESH_BEFORE = 60_000;
/** How long the server's answer to our goodbye is waited for, in ms. */
const GOODBYE = 500;

export interface TurnOptions {
  /** Of the TURN server: an IP address in canonical form. */
  readonly server: { host: string; port: number };
  readonly credentials: StunCredentials;
  /** Towards the server, from the socket whose packets it knows us by. */
  readonly send: (bytes: Bytes) => void;
  /** A datagram that came through the relay. */
  readonly received: (datagram: Uint8Array, host: string, port: number) => void;
  readonly now?: () => number;
}

interface Peer {
  readonly host: string;
  readonly port: number;
  count: number;
  channel: { number: number; state: "asked" | "bound"; renewedAt: number } | undefined;
}

interface Permission {
  state: "asked" | "given" | "refused";
  at: number;
  usedAt: number;
}

/**
 * An allocation at a TURN server (RFC 8656): an address of the server's, whose packets come to us
 * and from which ours leave. It is kept alive until it is closed; {@link ended} says when it is gone
 * by itself.
 */
export class TurnAllocation {
  /** The relayed address, and ours as the server sees it. */
  readonly relayed: { host: string; port: number };
  readonly mapped: { host: string; port: number } | undefined;
  /** Resolves when the allocation is gone, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #options: TurnOptions;
  readonly #client: StunClient;
  readonly #now: () => number;
  readonly #life = new AbortController();
  readonly #permissions = new Map<string, Permission>();
  readonly #peers = new Map<string, Peer>();
  readonly #channels = new Map<number, Peer>();
  readonly #end: () => void;
  #ticker: ReturnType<typeof setInterval>;
  #refreshAt: number;
  #refreshing = false;
  #sentAt: number;

  private constructor(options: TurnOptions, client: StunClient, answer: StunMessage) {
    const { attributes, transaction } = answer;
    const relayed = decodeXorAddress(
      attributes.get(StunAttribute.xorRelayedAddress),
      transaction,
    );
    if (relayed === undefined) {
      throw new SimppdError("stun-refused", "The TURN server named no address of its own.");
    }
    this.relayed = relayed;
    this.mapped = decodeXorAddress(attributes.get(StunAttribute.xorMappedAddress), transaction);
    this.#options = options;
    this.#client = client;
    this.#now = options.now ?? steadyNow;
    this.#sentAt = this.#now();
    this.#refreshAt = this.#refreshDue(answer);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
    this.#ticker = setInterval(() => this.#tick(), TICK);
  }

  /**
   * Asks for an allocation; `listen` is given what takes the server's packets from then on.
   * @throws StunRefusal; SimppdError `stun-no-answer`, `stun-refused`; the signal's reason
   */
  static async open(
    options: TurnOptions,
    listen: (receive: (bytes: Uint8Array) => void) => void,
    signal: AbortSignal,
  ): Promise<TurnAllocation> {
    const client = new StunClient(options);
    listen((bytes) => void client.receive(bytes));
    const wanted = Uint8Array.of(UDP, 0, 0, 0);
    const answer = await client.request(
      StunMethod.allocate,
      () => [[StunAttribute.requestedTransport, wanted]],
      signal,
    );
    const allocation = new TurnAllocation(options, client, answer);
    listen((bytes) => allocation.#receive(bytes));
    return allocation;
  }

  /**
   * Whether packets to `host` are given to the relay: one of the relay's address family, and
   * nothing nearer to the relay than its own address is to us, so that no peer can aim our packets
   * at what stands behind it.
   */
  reaches(host: string): boolean {
    return host.includes(":") === this.relayed.host.includes(":") &&
      reachOf(host) >= reachOf(this.relayed.host);
  }

  /** Sends through the relay; what it may not send yet is lost like any other. */
  send(datagram: Bytes, host: string, port: number): void {
    if (this.#life.signal.aborted || !this.reaches(host)) return;
    const now = this.#now();
    if (!this.#isPermitted(host, now)) return;
    const peer = this.#peerAt(host, port);
    if (peer === undefined) return;
    peer.count++;
    this.#sentAt = now;
    if (peer.channel?.state === "bound") {
      return this.#options.send(channelData(peer.channel.number, datagram));
    }
    if (peer.count >= CHANNEL_AFTER && peer.channel === undefined) this.#bind(peer, now);
    this.#client.indicate(StunMethod.send, (transaction) => [
      [StunAttribute.xorPeerAddress, encodeXorAddress(host, port, transaction)],
      [StunAttribute.data, datagram],
    ], { fingerprint: false });
  }

  /** Gives the allocation back; waits a moment for the server to say so. */
  async close(): Promise<void> {
    if (this.#life.signal.aborted) return;
    this.#stop();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), GOODBYE);
    await this.#client.request(
      StunMethod.refresh,
      () => [[StunAttribute.lifetime, seconds(0)]],
      late.signal,
    ).catch((error) => logOf("p2p").debug("turn goodbye: {error}", { error }));
    clearTimeout(timer);
    this.#end();
  }

  #stop(): void {
    clearInterval(this.#ticker);
    this.#life.abort(new SimppdError("stun-no-answer", "The relay is closed."));
  }

  #receive(bytes: Uint8Array): void {
    if (bytes.length >= CHANNEL_HEADER && bytes[0]! >> 6 === 1) return this.#channelData(bytes);
    const message = decodeStun(bytes);
    if (message?.class !== StunClass.indication) return void this.#client.receive(bytes);
    if (message.method !== StunMethod.data || message.strange) return;
    const { attributes, transaction } = message;
    const from = decodeXorAddress(attributes.get(StunAttribute.xorPeerAddress), transaction);
    const data = attributes.get(StunAttribute.data);
    if (from === undefined || data === undefined) return;
    if (this.#permissions.get(from.host)?.state === "given") this.#hand(data, from);
  }

  #channelData(bytes: Uint8Array): void {
    const peer = this.#channels.get(u16At(bytes, 0));
    const length = u16At(bytes, 2);
    if (peer === undefined || CHANNEL_HEADER + length > bytes.length) return;
    this.#hand(bytes.subarray(CHANNEL_HEADER, CHANNEL_HEADER + length), peer);
  }

  #hand(datagram: Uint8Array, { host, port }: { host: string; port: number }): void {
    this.#options.received(datagram, host, port);
  }

  /** May packets leave for this host? Asks for it when that is not known. */
  #isPermitted(host: string, now: number): boolean {
    const known = this.#permissions.get(host);
    if (known === undefined) {
      if (this.#permissions.size >= MAX_PEERS) return false;
      const fresh: Permission = { state: "asked", at: now, usedAt: now };
      this.#permissions.set(host, fresh);
      this.#permit(host, fresh);
      return false;
    }
    known.usedAt = now;
    if (known.state === "refused" && now - known.at >= REFUSED_FOR) {
      known.state = "asked";
      this.#permit(host, known);
    }
    return known.state === "given";
  }

  #permit(host: string, permission: Permission): void {
    permission.at = this.#now();
    // The port does not matter here (RFC 8656 section 10.1), only in what is sent.
    this.#ask(StunMethod.createPermission, (transaction) => [
      [StunAttribute.xorPeerAddress, encodeXorAddress(host, 9, transaction)],
    ]).then((given) => {
      permission.state = given ? "given" : "refused";
    });
  }

  #peerAt(host: string, port: number): Peer | undefined {
    const key = addressText(host, port);
    const known = this.#peers.get(key);
    if (known !== undefined || this.#peers.size >= MAX_PEERS) return known;
    const peer: Peer = { host, port, count: 0, channel: undefined };
    this.#peers.set(key, peer);
    return peer;
  }

  #bind(peer: Peer, now: number): void {
    if (this.#channels.size >= MAX_CHANNELS) return;
    const number = FIRST_CHANNEL + this.#channels.size;
    // A server may use it before we see its answer (RFC 8656 section 12.2).
    this.#channels.set(number, peer);
    peer.channel = { number, state: "asked", renewedAt: now };
    this.#renew(peer, peer.channel);
  }

  #renew({ host, port }: Peer, channel: NonNullable<Peer["channel"]>): void {
    const number = new Uint8Array(4);
    putU16(number, 0, channel.number);
    channel.renewedAt = this.#now();
    this.#ask(StunMethod.channelBind, (transaction) => [
      [StunAttribute.channelNumber, number],
      [StunAttribute.xorPeerAddress, encodeXorAddress(host, port, transaction)],
    ]).then((bound) => {
      channel.state = bound ? "bound" : "asked";
    });
  }

  async #ask(
    method: StunMethod,
    attributes: (transaction: Bytes) => readonly StunAttributeValue[],
  ): Promise<boolean> {
    try {
      await this.#client.request(method, attributes, this.#life.signal);
      return true;
    } catch (error) {
      if (!this.#life.signal.aborted) {
        logOf("p2p").debug("turn {method}: {error}", { method, error });
      }
      return false;
    }
  }

  #refreshDue({ attributes }: StunMessage): number {
    const value = attributes.get(StunAttribute.lifetime);
    const said = value?.length === 4 ? u32At(value, 0) : LIFETIME.usual;
    const life = Math.min(Math.max(said, LIFETIME.least), LIFETIME.most) * 1000;
    return this.#now() + life - Math.min(REFRESH_BEFORE, life / 2);
  }

  #tick(): void {
    const now = this.#now();
    if (now >= this.#refreshAt && !this.#refreshing) this.#refresh();
    for (const [host, permission] of this.#permissions) {
      const due = permission.state === "given" && now - permission.at >= RENEW_EVERY;
      if (due && now - permission.usedAt < USED_WITHIN) this.#permit(host, permission);
    }
    for (const peer of this.#channels.values()) {
      const channel = peer.channel!;
      const used = now - (this.#permissions.get(peer.host)?.usedAt ?? -Infinity) < USED_WITHIN;
      if (used && now - channel.renewedAt >= RENEW_EVERY) this.#renew(peer, channel);
    }
    if (now - this.#sentAt >= KEEP_ALIVE_EVERY) {
      this.#sentAt = now;
      this.#client.indicate(StunMethod.binding, () => []);
    }
  }

  async #refresh(): Promise<void> {
    this.#refreshing = true;
    try {
      const answer = await this.#client.request(
        StunMethod.refresh,
        () => [[StunAttribute.lifetime, seconds(LIFETIME.usual)]],
        this.#life.signal,
      );
      this.#refreshAt = this.#refreshDue(answer);
    } catch (error) {
      if (this.#life.signal.aborted) return;
      logOf("p2p").info("the relay ended: {error}", { error });
      this.#stop();
      this.#end();
    } finally {
      this.#refreshing = false;
    }
  }
}

function channelData(number: number, datagram: Bytes): Bytes {
  const bytes = new Uint8Array(CHANNEL_HEADER + datagram.length);
  putU16(bytes, 0, number);
  putU16(bytes, 2, datagram.length);
  bytes.set(datagram, CHANNEL_HEADER);
  return bytes;
}

function seconds(count: number): Bytes {
  const value = new Uint8Array(4);
  putU16(value, 2, count);
  return value;
}
