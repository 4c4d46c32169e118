import { logOf } from "../../base/mod.ts";
import { type Candidate, isLoopback } from "../candidates.ts";
import type { UdpEndpoint } from "../endpoint.ts";
import type { StreamKeys } from "./keys.ts";
import { closeQuietly, proveAccepted, type ProvenConnection } from "./tcp_proof.ts";

/** Connections that have proved nothing yet: one more, and the oldest is closed. */
export const MOST_UNPROVEN = 8;

/**
 * Listens on TCP for the other side of one stream, at the addresses its UDP endpoint offers as this
 * machine's own, and nowhere else; so whatever decides about calls' addresses decides about these.
 */
export class StreamListener {
  /** Where it can be reached; none when no address of our own may be told. */
  readonly candidates: readonly Candidate[];
  readonly #listeners: readonly Deno.Listener[];
  readonly #unproven = new Set<Deno.Conn>();
  #accepting: Promise<void>[] = [];
  #closed = false;

  private constructor(listeners: readonly Deno.TcpListener[], hosts: readonly Candidate[]) {
    this.#listeners = listeners;
    const portOf = (host: string) =>
      listeners.find(({ addr }) => addr.hostname.includes(":") === host.includes(":"))?.addr.port;
    this.candidates = hosts.flatMap((candidate) => {
      const port = portOf(candidate.host);
      return port === undefined ? [] : [{ ...candidate, port }];
    });
  }

  /** Opens a port for each address family that the endpoint offers; a family that fails is left out. */
  static open(endpoint: UdpEndpoint): StreamListener {
    const own = endpoint.candidates.filter(({ kind }) => kind === "host" || kind === "loopback");
    const listeners: Deno.TcpListener[] = [];
    for (const any of ["0.0.0.0", "::"]) {
      const hosts = own.map(({ host }) => host).filter((host) =>
        host.includes(":") === any.includes(":")
      );
      if (hosts.length === 0) continue;
      try {
        const hostname = hosts.every(isLoopback) ? hosts[0]! : any;
        listeners.push(Deno.listen({ hostname, port: 0 }));
      } catch (error) {
        logOf("p2p").debug("no port to listen on for a stream: {error}", { error });
      }
    }
    return new StreamListener(listeners, own);
  }

  /** Hands every connection whose other end proved itself to `proven`, which has to close it. */
  accept(keys: StreamKeys, proven: (connection: ProvenConnection) => void): void {
    this.#accepting = this.#listeners.map((listener) => this.#run(listener, keys, proven));
  }

  /** Closes the ports and every connection that has not proved itself. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const listener of this.#listeners) closeQuietly(listener);
    for (const conn of this.#unproven) closeQuietly(conn);
    await Promise.all(this.#accepting);
  }

  async #run(
    listener: Deno.Listener,
    keys: StreamKeys,
    proven: (connection: ProvenConnection) => void,
  ): Promise<void> {
    while (!this.#closed) {
      let conn: Deno.Conn;
      try {
        conn = await listener.accept();
      } catch (error) {
        if (this.#closed) return;
        // Out of file descriptors, or a connection that was gone before it was taken.
        logOf("p2p").debug("a connection was not taken: {error}", { error });
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      this.#admit(conn);
      proveAccepted(conn, keys).then((connection) => {
        this.#unproven.delete(conn);
        if (this.#closed) closeQuietly(conn);
        else proven(connection);
      }, () => this.#unproven.delete(conn));
    }
  }

  #admit(conn: Deno.Conn): void {
    this.#unproven.add(conn);
    if (this.#unproven.size <= MOST_UNPROVEN) return;
    const oldest = this.#unproven.values().next().value!;
    this.#unproven.delete(oldest);
    closeQuietly(oldest);
  }
}
