import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { steadyNow } from "../../../base/mod.ts";
import type { StreamError } from "../../core/mod.ts";
import { addressOf } from "../address.ts";
import type { Accepted } from "../accepted.ts";
import { tcpFraming } from "./framing.ts";
import { Listener } from "./listener.ts";
import type { ListenAddress } from "../options.ts";
import { ClearStream } from "./starttls.ts";
import { ClientStream, type StreamTransport } from "./stream.ts";
import type { StreamHost } from "./stream_host.ts";
import { secureContext, type TlsIdentity, TlsWire } from "./tls_wire.ts";

/** What a connection costs its address, in bytes of its rate: a TLS handshake is work for us. */
const CONNECTION_COST = 20_000;

/** Where clients come in: direct TLS, and STARTTLS beside it; and how many there may be. */
export class Entrance {
  readonly #host: StreamHost;
  readonly #context: SecureContext;
  /** In the order they came. */
  readonly #streams = new Set<Accepted>();
  #direct: Listener | undefined;
  #starttls: Listener | undefined;
  #refused = 0;
  #shut = false;
  #drained: (() => void) | undefined;

  constructor(host: StreamHost, identity: TlsIdentity) {
    this.#host = host;
    this.#context = secureContext(identity);
  }

  /** Open connections. */
  get count(): number {
    return this.#streams.size;
  }
  /** Connections that were turned away. */
  get refused(): number {
    return this.#refused;
  }
  get address(): ListenAddress | undefined {
    if (this.#direct === undefined) return undefined;
    const { host, port } = this.#direct.address;
    const clear = this.#starttls?.address.port;
    return { host, port, ...(clear === undefined ? {} : { starttlsPort: clear }) };
  }

  /** Listens there, and nowhere else. @throws SimppdError `cannot-listen`: then all is as before */
  async listen(wanted: ListenAddress): Promise<ListenAddress> {
    const current = this.address;
    if (current !== undefined && fits(current, wanted)) return current;
    // The same port at another address may overlap with the old listener: that one goes first.
    this.close();
    try {
      await this.#open(wanted);
    } catch (error) {
      this.close();
      if (current !== undefined) await this.#open(current);
      throw error;
    }
    return this.address!;
  }

  /** The connection is closed. */
  closed(stream: Accepted): void {
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#drained?.();
  }

  /** Ends the streams that have logged in as this account. */
  end(account: string, error: StreamError): void {
    for (const stream of [...this.#streams]) if (stream.account === account) stream.fail(error);
  }

  sweep(now: number): void {
    for (const stream of this.#streams) stream.sweep(now);
  }

  /** Lets nobody in any more, ends all that are there; waits until they are gone, so long at most. */
  async shut(error: StreamError, patienceMs: number): Promise<void> {
    this.#shut = true;
    this.close();
    if (this.#streams.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
      for (const stream of [...this.#streams]) stream.fail(error);
    });
  }

  async #open({ host, port, starttlsPort }: ListenAddress): Promise<void> {
    this.#direct = await Listener.open(host, port, (raw) => this.#accept(raw, false));
    if (starttlsPort === undefined) return;
    this.#starttls = await Listener.open(host, starttlsPort, (raw) => this.#accept(raw, true));
  }

  /** Lets nobody in any more; who is in stays. */
  close(): void {
    this.#direct?.close();
    this.#starttls?.close();
    this.#direct = this.#starttls = undefined;
  }

  #accept(raw: Socket, clear: boolean): void {
    if (this.#shut || !this.#hasRoom(addressOf(raw.remoteAddress), clear)) {
      this.#refused++;
      raw.on("error", () => {});
      raw.destroy();
      return;
    }
    const since = steadyNow();
    if (!clear) return this.#secure(raw, since);
    const until = since + this.#host.limits.loginTimeoutMs;
    const stream: ClearStream = new ClearStream(this.#host.domain, raw, until, {
      onProceed: () => {
        this.#streams.delete(stream);
        this.#secure(raw, since);
      },
      onClosed: () => this.closed(stream),
    });
    this.#streams.add(stream);
  }

  #secure(raw: Socket, since: number): void {
    const transport: StreamTransport = {
      address: addressOf(raw.remoteAddress),
      open: (listener) => new TlsWire(raw, this.#context, listener),
      framing: tcpFraming,
    };
    this.#streams.add(new ClientStream(this.#host, transport, since));
  }

  /** May a connection come in that was accepted elsewhere? */
  admits(address: string): boolean {
    if (!this.#shut && this.#hasRoom(address, false)) return true;
    this.#refused++;
    return false;
  }

  /** Begins a stream on a connection that was admitted. */
  begin(transport: StreamTransport): void {
    this.#streams.add(new ClientStream(this.#host, transport, steadyNow()));
  }

  #hasRoom(address: string, clear: boolean): boolean {
    const { connections, connectionsPerAddress, loginsPerAddress } = this.#host.limits;
    const now = steadyNow();
    if (this.#streams.size >= connections) return false;
    if (!this.#host.guard.admits(address, now)) return false;
    // Who is turned away pays nothing, so that what others of the address owe stays bounded.
    if (this.#host.addressRates.spend(address, 0, now) > 0) return false;
    this.#host.addressRates.spend(address, CONNECTION_COST, now);
    const all = [...this.#streams].filter((stream) => stream.address === address);
    if (all.length >= connectionsPerAddress) return false;
    const loggingIn = all.filter(({ bound }) => !bound);
    if (loggingIn.length < loginsPerAddress) return true;
    // A flood at one port is not to throw out who is logging in at the other.
    const alike = loggingIn.filter((stream) => stream.clear === clear);
    return this.#dropOldest(alike) || this.#dropOldest(loggingIn);
  }

  /** Makes room: the oldest goes that never said a word, else the oldest that gave no proof yet. */
  #dropOldest(loggingIn: readonly Accepted[]): boolean {
    const oldest = loggingIn.find(({ silent }) => silent) ??
      loggingIn.find(({ proved }) => !proved);
    if (oldest === undefined) return false;
    this.#refused++;
    oldest.drop();
    return true;
  }
}

function fits(current: ListenAddress, wanted: ListenAddress): boolean {
  return current.host === wanted.host &&
    (wanted.port === 0 || wanted.port === current.port) &&
    (wanted.starttlsPort === current.starttlsPort ||
      (wanted.starttlsPort === 0 && current.starttlsPort !== undefined));
}
