import { createSocket, type Socket } from "node:dgram";
import { type Bytes, logOf, SimppdError, sleep } from "../base/mod.ts";
import {
  addressText,
  type Candidate,
  canonicalHost,
  isLoopback,
  MAX_CANDIDATES,
  type Via,
} from "./candidates.ts";
import { looksLikeDatagram, u32At } from "./datagram.ts";

// What one receive can hold, not the kernel's buffer: it is allocated anew for every datagram.
const RECEIVE_BYTES = 2_048;
const DRAIN_MS = 200;

/** Takes the datagrams that carry one call's selector. */
export interface Receiver {
  receive(datagram: Uint8Array, host: string, port: number, via: Via): void;
  /** The endpoint went away. */
  lost(): void;
}

/** An address elsewhere that passes packets on: an allocation at a TURN server. */
export interface Relay {
  readonly relayed: { host: string; port: number };
  reaches(host: string): boolean;
  send(datagram: Bytes, host: string, port: number): void;
  /** Resolves when it is gone. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

export interface EndpointOptions {
  /**
   * IP addresses to offer; those of every interface and loopback if absent. With nothing but
   * loopback the sockets cannot be reached from other machines.
   */
  hosts?: string[];
  /** Nothing goes to a peer or comes from one but through a relay, and no other address is told. */
  relayOnly?: boolean;
}

/**
 * A UDP socket for IPv4 and one for IPv6, shared by the calls of a daemon: datagrams are told apart
 * by their call selector. Whatever has no known selector is a stray: counted, never answered.
 */
export class UdpEndpoint {
  /** Where this endpoint can be reached, best first; loopback last. Another list when that changes. */
  candidates: Candidate[];
  readonly relayOnly: boolean;
  /** Datagrams no call can be named for. */
  strays = 0;
  readonly #v4: Socket | undefined;
  readonly #v6: Socket | undefined;
  readonly #hosts: Candidate[];
  /** Were the addresses to offer named, so that no other is offered? */
  readonly #named: ReadonlySet<string> | undefined;
  readonly #reflexive: Candidate[] = [];
  readonly #receivers = new Map<number, Receiver>();
  readonly #servers = new Map<string, Set<(bytes: Uint8Array) => void>>();
  #relay: Relay | undefined;
  #backlog = 0;
  #closing = false;
  #closed = false;

  private constructor(
    hosts: string[],
    { hosts: named, relayOnly = false }: EndpointOptions,
    v4: Socket | undefined,
    v6: Socket | undefined,
  ) {
    this.#v4 = v4;
    this.#v6 = v6;
    this.relayOnly = relayOnly;
    this.#named = named === undefined ? undefined : new Set(hosts);
    this.#hosts = offer(hosts, v4?.address().port, v6?.address().port);
    this.candidates = this.#offered();
    for (const socket of [v4, v6]) {
      socket?.on("message", (message, from) => this.#receive(message, from.address, from.port));
      socket?.on("error", (error) => logOf("p2p").debug("udp socket: {error}", { error }));
      socket?.on("close", () => this.#gone());
    }
  }

  /**
   * Opens the sockets on free ports.
   * @throws SimppdError `no-socket` when not even one socket could be opened
   */
  static async open(options: EndpointOptions = {}): Promise<UdpEndpoint> {
    const hosts = (options.hosts ?? interfaceHosts()).map((host) => canonicalHost(host))
      .filter((host) => host !== undefined);
    const v4 = hosts.filter((host) => !host.includes(":"));
    const v6 = hosts.filter((host) => host.includes(":"));
    const failures: unknown[] = [];
    const bind = async (type: "udp4" | "udp6", of: string[]) => {
      if (of.length === 0) return undefined;
      const any = type === "udp4" ? "0.0.0.0" : "::";
      try {
        return await bound(type, of.every(isLoopback) ? of[0]! : any);
      } catch (error) {
        failures.push(error);
        return undefined;
      }
    };
    const sockets = await Promise.all([bind("udp4", v4), bind("udp6", v6)]);
    if (sockets.every((socket) => socket === undefined)) {
      throw new SimppdError(
        "no-socket",
        "No UDP socket could be opened; is the network up and allowed?",
        failures[0],
      );
    }
    return new UdpEndpoint(hosts, options, ...sockets);
  }

  /** Can packets leave for this host at all; loopback only where loopback is offered. */
  canSend(host: string): boolean {
    if ((host.includes(":") ? this.#v6 : this.#v4) === undefined) return false;
    return !isLoopback(host) || this.#hosts.some(({ kind }) => kind === "loopback");
  }

  /** How packets of a call may leave for this host. */
  ways(host: string): Via[] {
    const ways: Via[] = this.relayOnly ? [] : ["direct"];
    if (this.#relay?.reaches(host)) ways.push("relay");
    return ways;
  }

  /**
   * Offers our address as a server sees it, one of each family: not when addresses to offer were
   * named and it is none of them, nor this machine's own unless the server is there too.
   */
  addReflexive(host: string, port: number, server: string): void {
    const known = [...this.#hosts, ...this.#reflexive].some((it) =>
      it.host === host && it.port === port
    );
    const family = (of: string) => of.includes(":");
    const second = this.#reflexive.some((it) => family(it.host) === family(host));
    if (known || second || isLoopback(host) && !isLoopback(server)) return;
    if (this.#named?.has(host) === false) return;
    this.#reflexive.push({ host, port, kind: "srflx", priority: 0 });
    this.candidates = this.#offered();
  }

  /** Uses a relay, until it ends or this endpoint is closed. @returns false when there is one */
  useRelay(relay: Relay): boolean {
    if (this.#relay !== undefined || this.#closing) return false;
    this.#relay = relay;
    this.candidates = this.#offered();
    relay.ended.then(() => {
      this.#relay = undefined;
      this.candidates = this.#offered();
    });
    return true;
  }

  /** Hands what came through the relay to its call. */
  relayed(datagram: Uint8Array, host: string, port: number): void {
    this.#hand(datagram, host, port, "relay");
  }

  /**
   * Hands to `receive` what comes from this address and is no datagram of a call: a STUN or TURN
   * server's. @returns a function that stops it
   */
  listen(host: string, port: number, receive: (bytes: Uint8Array) => void): () => void {
    const key = addressText(host, port);
    const listeners = this.#servers.get(key) ?? new Set();
    this.#servers.set(key, listeners.add(receive));
    return () => {
      listeners.delete(receive);
      const last = listeners.size === 0 && this.#servers.get(key) === listeners;
      if (last) this.#servers.delete(key);
    };
  }

  /** Datagrams handed over and not sent yet. */
  get backlog(): number {
    return this.#backlog;
  }

  /**
   * Hands the datagrams with this selector to `receiver` from now on.
   * @returns a function that stops it
   * @throws SimppdError `call-exists` when a call has this selector, `endpoint-closed` after close
   */
  attach(selector: Uint8Array, receiver: Receiver): () => void {
    const key = u32At(selector, 0);
    if (this.#closed) throw new SimppdError("endpoint-closed", "The UDP endpoint is closed.");
    if (this.#receivers.has(key)) {
      throw new SimppdError("call-exists", "This call already has a path at this endpoint.");
    }
    this.#receivers.set(key, receiver);
    return () => {
      if (this.#receivers.get(key) === receiver) this.#receivers.delete(key);
    };
  }

  /** Sends without waiting; a datagram that cannot leave is lost like any other. */
  send(datagram: Bytes, host: string, port: number, via: Via = "direct"): void {
    if (via === "relay") this.#relay?.send(datagram, host, port);
    else if (!this.relayOnly) this.sendToServer(datagram, host, port);
  }

  /** As {@link send}, to a STUN or TURN server. */
  sendToServer(datagram: Bytes, host: string, port: number): void {
    const socket = host.includes(":") ? this.#v6 : this.#v4;
    if (socket === undefined || this.#closed) return;
    this.#backlog++;
    socket.send(datagram, port, host, this.#sent);
  }

  /** Lets what was handed over leave, then closes; paths that still use it end as `failed`. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    // Goodbyes that go through the relay leave before its own.
    await this.#relay?.close();
    this.#closed = true;
    for (let waited = 0; this.#backlog > 0 && waited < DRAIN_MS; waited += 5) await sleep(5);
    await Promise.all(
      [this.#v4, this.#v6].map((socket) =>
        new Promise<void>((resolve) => socket === undefined ? resolve() : socket.close(resolve))
      ),
    );
    this.#gone();
  }

  #offered(): Candidate[] {
    const { relayed } = this.#relay ?? {};
    const relay = relayed === undefined ? [] : [{ ...relayed, kind: "relay" as const }];
    if (this.relayOnly) return ranked(relay);
    // However many interfaces there are, two daemons on one machine must meet.
    const loopback = this.#hosts.filter((it) => it.kind === "loopback").slice(0, 2);
    const further = [...this.#reflexive, ...relay, ...loopback];
    const others = this.#hosts.filter((it) => it.kind === "host");
    return ranked([...others.slice(0, MAX_CANDIDATES - further.length), ...further]);
  }

  #sent = () => {
    this.#backlog--;
  };

  #receive(datagram: Uint8Array, host: string, port: number): void {
    if (looksLikeDatagram(datagram) && !this.relayOnly) {
      return this.#hand(datagram, host, port, "direct");
    }
    const servers = this.#servers.get(addressText(host, port));
    if (servers === undefined) this.strays++;
    else for (const server of servers) server(datagram);
  }

  #hand(datagram: Uint8Array, host: string, port: number, via: Via): void {
    const receiver = looksLikeDatagram(datagram)
      ? this.#receivers.get(u32At(datagram, 1))
      : undefined;
    if (receiver === undefined) this.strays++;
    else receiver.receive(datagram, host, port, via);
  }

  #gone(): void {
    this.#closed = true;
    const receivers = [...this.#receivers.values()];
    this.#receivers.clear();
    for (const receiver of receivers) receiver.lost();
  }
}

function interfaceHosts(): string[] {
  return Deno.networkInterfaces().map((it) => it.address);
}

function bound(type: "udp4" | "udp6", host: string): Promise<Socket> {
  const socket = createSocket({
    type,
    ipv6Only: type === "udp6",
    recvBufferSize: RECEIVE_BYTES,
    // Only IP addresses are ever sent to: the resolver is not asked, which halves a send's cost.
    lookup: (name, _options, done) => done(null, name, type === "udp4" ? 4 : 6),
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, host, () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

function offer(hosts: string[], v4?: number, v6?: number): Candidate[] {
  const rank = (host: string) => (isLoopback(host) ? 2 : 0) + (host.includes(":") ? 1 : 0);
  const usable = [...new Set(hosts)].sort((a, b) => rank(a) - rank(b));
  const out: Candidate[] = [];
  for (const host of usable) {
    const port = host.includes(":") ? v6 : v4;
    if (port === undefined) continue;
    const kind = isLoopback(host) ? "loopback" : "host";
    out.push({ host, port, kind, priority: 0 });
  }
  return out;
}

/** With priorities by their order. */
function ranked(offered: Omit<Candidate, "priority">[]): Candidate[] {
  return offered.map((it, i) => ({ ...it, priority: offered.length - 1 - i }));
}
