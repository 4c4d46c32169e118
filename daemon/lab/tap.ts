import { createSocket, type Socket } from "node:dgram";
import { sleep, steadyNow } from "../base/mod.ts";
import { UdpEndpoint } from "../p2p/mod.ts";

/** The two people of every experiment. */
export type Name = "alice" | "bob";

/** Bytes of recorded datagrams kept at most. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Datagrams injected between two pauses, so that no buffer overflows and every one is judged. */
const BURST = 16;

/** A datagram as it passed the attacker. */
export interface Tapped {
  from: Name;
  /** Steady milliseconds. */
  at: number;
  bytes: Uint8Array;
}

/** Who is at the far end. */
export function other(name: Name): Name {
  return name === "alice" ? "bob" : "alice";
}

/**
 * An attacker on the way between two people, on loopback: everything either sends to the other goes
 * through sockets of the attacker, who records it and passes on what `treat` answers.
 */
export class Tap {
  readonly seen: Tapped[] = [];
  /** What goes on instead of a datagram. */
  treat: (datagram: Uint8Array, from: Name) => Uint8Array[] = (datagram) => [datagram];
  readonly #faces: Record<Name, Socket>;
  readonly #ports: Partial<Record<Name, number>> = {};
  #bytes = 0;

  private constructor(faces: Record<Name, Socket>) {
    this.#faces = faces;
    for (const name of ["alice", "bob"] as const) {
      faces[name].on("message", (datagram) => this.#pass(datagram, other(name)));
    }
  }

  static async open(): Promise<Tap> {
    return new Tap({ alice: await bound(), bob: await bound() });
  }

  /**
   * A socket for `name` whose only address, as others learn it, is the attacker's: the way a route
   * through somebody else's network looks. The one before it is not served any more.
   */
  async endpoint(name: Name): Promise<UdpEndpoint> {
    const endpoint = await UdpEndpoint.open({ hosts: ["127.0.0.1"] });
    const [own] = endpoint.candidates;
    if (own === undefined) throw new Error("an endpoint without an address");
    this.#ports[name] = own.port;
    endpoint.candidates.splice(0, 1, { ...own, port: this.#faces[name].address().port });
    return endpoint;
  }

  /** Sends datagrams to `to`, as if they came from the other. */
  async inject(datagrams: readonly Uint8Array[], to: Name): Promise<void> {
    for (const [at, datagram] of datagrams.entries()) {
      this.#send(datagram, to);
      if (at % BURST === BURST - 1) await sleep(4);
    }
  }

  async close(): Promise<void> {
    await Promise.all(
      Object.values(this.#faces).map((face) =>
        new Promise<void>((resolve) => face.close(() => resolve()))
      ),
    );
  }

  #pass(datagram: Uint8Array, from: Name): void {
    if (this.#bytes + datagram.length <= MOST_BYTES) {
      this.#bytes += datagram.length;
      this.seen.push({ from, at: steadyNow(), bytes: datagram.slice() });
    }
    for (const out of this.treat(datagram, from)) this.#send(out, other(from));
  }

  #send(datagram: Uint8Array, to: Name): void {
    const port = this.#ports[to];
    if (port !== undefined) this.#faces[other(to)].send(datagram, port, "127.0.0.1");
  }
}

function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
