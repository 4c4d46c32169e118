import type { Bytes } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { addressText, type Candidate, type Via } from "./candidates.ts";
import { ClockEstimator } from "./clock.ts";
import { decodePong, decodeTag, encodePong, encodeTag, TOKEN_BYTES } from "./control.ts";
import {
  type Authentic,
  type DatagramReader,
  DatagramType,
  type DatagramWriter,
} from "./datagram.ts";
import { type Route, Routes } from "./routes.ts";

/** A remote address, and how packets leave for it or came from it. */
export interface Way {
  readonly host: string;
  readonly port: number;
  readonly via: Via;
}

interface ConnectivityOptions {
  writer: DatagramWriter;
  reader: DatagramReader;
  candidates: readonly Candidate[];
  ways: (host: string) => readonly Via[];
  localTag: Bytes;
  expectedTag: Bytes;
  transmit: (datagram: Bytes, to: Way) => void;
  now: () => number;
}

/**
 * The exchange of tags and pings by which two peers find a way to each other and know that it is
 * theirs. It keeps no time of its own: the path says when.
 */
export class Connectivity {
  readonly routes: Routes;
  readonly clock = new ClockEstimator();
  #tagVerified = false;
  #peerHasTag = false;
  readonly #options: ConnectivityOptions;

  constructor(options: ConnectivityOptions) {
    this.#options = options;
    this.routes = new Routes(options.candidates, options.ways);
  }

  /** The peer's right tag has come. */
  get tagVerified(): boolean {
    return this.#tagVerified;
  }

  /** Each side has verified the other's tag; so an address has answered. */
  get mutual(): boolean {
    return this.#tagVerified && this.#peerHasTag;
  }

  /** Pings every address, and shows it the tag until the peer has said that it was right. */
  probe(now: number): void {
    const { writer, localTag, transmit } = this.#options;
    for (const route of this.routes.all) {
      if (!this.#peerHasTag) {
        transmit(writer.sealed(DatagramType.tag, encodeTag(localTag)), route);
      }
      this.ping(route, now);
    }
  }

  ping(route: Route, now: number): void {
    const { writer, transmit } = this.#options;
    transmit(writer.sealed(DatagramType.ping, this.routes.ping(route, now)), route);
  }

  /** @returns whether it was the expected tag; one that does not even open is as wrong as another */
  onTag(authentic: Authentic): boolean {
    const { reader, expectedTag } = this.#options;
    try {
      this.#tagVerified = equal(decodeTag(reader.open(authentic)), expectedTag);
    } catch {
      this.#tagVerified = false;
    }
    return this.#tagVerified;
  }

  /** Answers a ping where it came from. @throws when it is malformed */
  onPing(authentic: Authentic, from: Way, now: number): void {
    const { writer, reader, transmit } = this.#options;
    const token = reader.open(authentic);
    if (token.length !== TOKEN_BYTES) throw new RangeError(`ping of ${token.length} bytes`);
    const body = encodePong({
      token,
      receivedAt: now,
      sentAt: this.#options.now(),
      tagVerified: this.#tagVerified,
      observed: addressText(from.host, from.port),
    });
    transmit(writer.sealed(DatagramType.pong, body), from);
  }

  /**
   * Validates the address a pong came from, if it answers a ping sent there.
   * @returns whether it did
   * @throws when it is malformed
   */
  onPong(authentic: Authentic, { host, port, via }: Way, now: number): boolean {
    const pong = decodePong(this.#options.reader.open(authentic));
    const ping = this.routes.pong(pong.token, host, port, via);
    if (ping === undefined) return false;
    const rtt = this.clock.add(ping.sentAt, pong.receivedAt, pong.sentAt, now);
    if (rtt === null) return false;
    this.routes.validated(ping.route, rtt, pong.observed, now);
    this.#peerHasTag ||= pong.tagVerified;
    return true;
  }
}
